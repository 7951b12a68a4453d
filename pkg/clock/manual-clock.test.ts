import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { delay, systemClock } from './clock.ts';
import { ManualClock } from './manual-clock.ts';

describe('ManualClock', () => {
  it('example: a second passes without waiting', async () => {
    const clock = new ManualClock(1000);
    const fired: number[] = [];
    clock.after(500, () => fired.push(clock.now()));
    clock.every(400, () => fired.push(clock.now()));
    await clock.advance(1000);
    assert.deepEqual(fired, [1400, 1500, 1800]);
    assert.equal(clock.armed, 1);
  });

  it('fires timers in order of due time, those of one moment in the order they were armed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 50 })), fc.nat({ max: 50 }), async (delays, advanceMs) => {
        const clock = new ManualClock();
        const fired: [number, number][] = [];
        delays.forEach((delayMs, i) => void clock.after(delayMs, () => fired.push([clock.monotonicMs(), i])));
        await clock.advance(advanceMs);
        const due = delays.map((delayMs, i): [number, number] => [delayMs, i]);
        const expected = due
          .filter(([delayMs]) => delayMs <= advanceMs)
          .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
        assert.deepEqual(fired, expected);
        assert.equal(clock.armed, delays.length - fired.length);
        assert.equal(clock.monotonicMs(), advanceMs);
      }),
      { numRuns: 40 },
    );
  });

  it('does not fire what was cleared, even by a timer of the same moment', async () => {
    const clock = new ManualClock();
    const second = { clear: (): void => undefined };
    let fired = 0;
    clock.after(10, () => second.clear());
    second.clear = clock.after(10, () => fired++).clear;
    await clock.advance(20);
    second.clear();
    assert.equal(fired, 0);
    assert.equal(clock.armed, 0);
  });

  it('fires a timer that another one armed on the way', async () => {
    const clock = new ManualClock();
    const fired: number[] = [];
    clock.after(10, () => void clock.after(5, () => fired.push(clock.monotonicMs())));
    await clock.advance(20);
    assert.deepEqual(fired, [15]);
  });

  it('lets awaiting code go on between two timers', async () => {
    const clock = new ManualClock();
    const seen: number[] = [];
    const steps = async (): Promise<void> => {
      for (let i = 0; i < 3; i++) {
        await delay(clock, 10);
        seen.push(clock.monotonicMs());
      }
    };
    const done = steps();
    await clock.advance(100);
    await done;
    assert.deepEqual(seen, [10, 20, 30]);
  });

  it('jumps the wall clock alone', async () => {
    const clock = new ManualClock(5000);
    let fired = 0;
    clock.after(10, () => fired++);
    clock.jumpWall(-3000);
    assert.deepEqual([clock.now(), clock.monotonicMs(), fired], [2000, 0, 0]);
    await clock.advance(10);
    assert.deepEqual([clock.now(), clock.monotonicMs(), fired], [2010, 10, 1]);
  });
});

describe('delay', () => {
  it('ends at once, and leaves no timer, when its signal is aborted before or meanwhile', async () => {
    const clock = new ManualClock();
    await delay(clock, 1000, AbortSignal.abort());
    const stopping = new AbortController();
    const waiting = delay(clock, 1000, stopping.signal);
    assert.equal(clock.armed, 1);
    stopping.abort();
    await waiting;
    assert.equal(clock.armed, 0);
  });
});

describe('systemClock', () => {
  it('calls back once after a delay, and again and again until cleared', async () => {
    const startMs = systemClock.monotonicMs();
    await delay(systemClock, 5);
    assert.ok(systemClock.monotonicMs() - startMs >= 4);
    await new Promise<void>(resolve => {
      let ticks = 0;
      const keepAlive = systemClock.after(60_000, () => undefined, true);
      const timer = systemClock.every(1, () => {
        if (++ticks < 3) return;
        timer.clear();
        keepAlive.clear();
        resolve();
      });
    });
    assert.ok(Math.abs(systemClock.now() - Date.now()) < 1000);
  });
});
