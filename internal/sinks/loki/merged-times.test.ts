import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { plusNanos } from '../../../pkg/types/stream.ts';
import { MergedStreamTimes, MergedTimes } from './merged-times.ts';

const NOW = { sec: 1_700_000_000, nanos: 999_999_000 };

test('a stream alone keeps its times', () => {
  const times = new MergedStreamTimes(new MergedTimes());
  assert.equal(times.shiftOf(NOW, 5), 0);
  assert.equal(times.shiftOf(plusNanos(NOW, 5), 5), 0);
});

test('two streams of the same moment get different nanoseconds, and keep them when they are sent again', () => {
  const shared = new MergedTimes();
  const [a, b] = [new MergedStreamTimes(shared), new MergedStreamTimes(shared)];
  assert.equal(a.shiftOf(NOW, 5000), 0);
  assert.equal(b.shiftOf(NOW, 3), 5000);
  assert.equal(a.shiftOf(NOW, 5000), 0);
  assert.equal(a.shiftOf(plusNanos(NOW, 4999), 1), 0);
  assert.equal(b.shiftOf(plusNanos(NOW, 1), 2), 5000);
});

test('times of long ago stay what they are', () => {
  const times = new MergedStreamTimes(new MergedTimes());
  times.shiftOf(NOW, 5);
  assert.equal(times.shiftOf({ sec: NOW.sec - 3600, nanos: 0 }, 5), 0);
});

test('whatever the streams and their passages, no nanosecond is given twice', () => {
  const passage = fc.record({
    stream: fc.nat(4),
    records: fc.integer({ min: 1, max: 50 }),
    pauseNanos: fc.nat(60),
  });
  fc.assert(
    fc.property(fc.array(passage, { maxLength: 60 }), passages => {
      const shared = new MergedTimes();
      const streams = Array.from({ length: 5 }, () => ({ times: new MergedStreamTimes(shared), next: 0 }));
      const given = new Set<number>();
      let now = 0;
      for (const { stream, records, pauseNanos } of passages) {
        now += pauseNanos;
        const chosen = streams[stream]!;
        const first = Math.max(now, chosen.next);
        chosen.next = first + records;
        const shifted = first + chosen.times.shiftOf(plusNanos(NOW, first), records);
        for (let n = shifted; n < shifted + records; n++) {
          assert.ok(!given.has(n));
          given.add(n);
        }
      }
    }),
  );
});
