import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { Throughput } from './throughput.ts';

const NOW_MS = 1_700_000_000_000;

it('tells what passed a second, bucket by bucket, without the one that is not over', () => {
  const throughput = new Throughput();
  throughput.add(50, NOW_MS);
  throughput.add(100, NOW_MS + 4999);
  throughput.add(10, NOW_MS + 10_000);
  throughput.add(99, NOW_MS + 15_000);
  assert.deepEqual(throughput.history(NOW_MS + 15_000).slice(-4), [0, 30, 0, 2]);
  assert.equal(throughput.history(NOW_MS).length, 59);
  assert.equal(throughput.perSecond(NOW_MS + 15_000), 1);
});

it('forgets what is older than five minutes, however long nothing came', () => {
  const throughput = new Throughput();
  throughput.add(50, NOW_MS);
  assert.ok(throughput.history(NOW_MS + 299_000).every((rate, n) => (n === 0 ? rate === 10 : rate === 0)));
  assert.ok(throughput.history(NOW_MS + 300_000).every(rate => rate === 0));
  assert.equal(throughput.perSecond(NOW_MS + 1e9), 0);
});

it('is as a list of all that passed, whatever the times', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(400_000), fc.nat(1000)), { maxLength: 50 }), events => {
      const throughput = new Throughput();
      const sorted = events.toSorted(([a], [b]) => a - b);
      for (const [ms, amount] of sorted) throughput.add(amount, NOW_MS + ms);
      const nowMs = NOW_MS + (sorted.at(-1)?.[0] ?? 0);
      const bucket = (ms: number): number => Math.floor(ms / 5000);
      const expected = sorted
        .filter(([ms]) => {
          const age = bucket(nowMs) - bucket(NOW_MS + ms);
          return age > 0 && age < 60;
        })
        .reduce((sum, [, amount]) => sum + amount, 0);
      const actual = throughput.history(nowMs).reduce((sum, rate) => sum + rate * 5, 0);
      assert.ok(Math.abs(actual - expected) < 1e-6);
    }),
  );
});
