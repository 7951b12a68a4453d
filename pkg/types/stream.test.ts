import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LabelsCOW } from './labels-cow.ts';
import { type Instant, plusNanos, Stream, StreamRegistry } from './stream.ts';

const NOW_MS = 1_700_000_000_000;
const ordinal = (instant: Instant): bigint => BigInt(instant.sec) * 1_000_000_000n + BigInt(instant.nanos);
const newStream = (): Stream => new Stream(LabelsCOW.from({ job: 'test' }));
const count = fc.oneof(fc.nat({ max: 5 }), fc.nat({ max: 3e9 }));

describe('Stream.takeTimes', () => {
  it('example: three records read at one moment get three nanoseconds, the next read the fourth', () => {
    const stream = newStream();
    assert.deepEqual(stream.takeTimes(3, NOW_MS), { sec: 1_700_000_000, nanos: 0 });
    assert.deepEqual(stream.takeTimes(1, NOW_MS), { sec: 1_700_000_000, nanos: 3 });
  });

  it('never repeats a time nor goes backwards, however the clock jumps', () => {
    const jumpMs = fc.double({ min: -4e6, max: 4e6, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(count, jumpMs)), steps => {
        const stream = newStream();
        let nowMs = NOW_MS;
        let next = 0n;
        for (const [records, deltaMs] of steps) {
          nowMs += deltaMs;
          const first = stream.takeTimes(records, nowMs);
          assertNormal(first);
          assert.ok(ordinal(first) >= next, `${ordinal(first)} comes before ${next}`);
          next = ordinal(first) + BigInt(records);
        }
      }),
    );
  });

  it('follows the clock, not what was taken, when the clock is ahead', () => {
    const stream = newStream();
    stream.takeTimes(1000, NOW_MS);
    assert.deepEqual(stream.takeTimes(1, NOW_MS + 1), { sec: 1_700_000_000, nanos: 1_000_000 });
  });

  it('gives normal instants for every time of the wall clock, fractions of a millisecond too', () => {
    const nowMs = fc.double({ min: 0, max: 4e12, noNaN: true });
    fc.assert(fc.property(nowMs, ms => assertNormal(newStream().takeTimes(1, ms))));
    assert.deepEqual(newStream().takeTimes(1, 1999.9999999), { sec: 2, nanos: 0 });
  });

  it('does not use times again that were remembered from before a restart', () => {
    fc.assert(
      fc.property(fc.integer({ min: -5, max: 5 }), count, (seconds, records) => {
        const stream = newStream();
        const remembered = { sec: NOW_MS / 1000 + seconds, nanos: 999_999_999 };
        stream.skipTimes(remembered, records);
        const first = ordinal(stream.takeTimes(1, NOW_MS));
        assert.ok(first >= ordinal(remembered) + BigInt(records));
        assert.ok(first >= BigInt(NOW_MS) * 1_000_000n);
      }),
    );
  });
});

describe('plusNanos', () => {
  it('carries into the seconds', () => {
    const instant = fc.record({ sec: fc.nat(), nanos: fc.nat({ max: 999_999_999 }) });
    fc.assert(
      fc.property(instant, fc.nat({ max: 1e12 }), (start, nanos) => {
        const end = plusNanos(start, nanos);
        assertNormal(end);
        assert.equal(ordinal(end), ordinal(start) + BigInt(nanos));
      }),
    );
  });
});

describe('Stream', () => {
  it('has an id that depends on the labels alone', () => {
    const one = new Stream(LabelsCOW.from({ a: '1', b: '2' }));
    const two = new Stream(LabelsCOW.from({ b: '2', a: '1' }));
    assert.match(one.id, /^[0-9a-f]{16}$/);
    assert.equal(one.id, two.id);
    assert.equal(one.hash, Number.parseInt(one.id.slice(0, 8), 16));
    assert.notEqual(one.id, new Stream(LabelsCOW.from({ a: '1' })).id);
  });

  it('cannot be changed through its labels, nor through those it was made from', () => {
    const labels = LabelsCOW.from({ job: 'web' });
    const stream = new Stream(labels);
    labels.set('job', 'changed');
    stream.labels.set('job', 'changed');
    assert.equal(stream.labels.get('job'), 'web');
  });
});

describe('StreamRegistry', () => {
  it('gives the same object for the same labels', () => {
    const registry = new StreamRegistry();
    const stream = registry.get(LabelsCOW.from({ a: '1', b: '2' }));
    assert.equal(registry.get(LabelsCOW.from({ b: '2', a: '1' })), stream);
    assert.notEqual(registry.get(LabelsCOW.from({ a: '1' })), stream);
    assert.equal(registry.size, 2);
  });
});

function assertNormal({ sec, nanos }: Instant): void {
  assert.ok(
    Number.isInteger(sec) && Number.isInteger(nanos) && nanos >= 0 && nanos < 1e9,
    `${sec} s ${nanos} ns`,
  );
}
