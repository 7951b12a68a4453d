import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '../../../pkg/clock/manual-clock.ts';
import { Silence } from './silence.ts';

const HOUR_MS = 3_600_000;

interface Bench {
  readonly clock: ManualClock;
  readonly silence: Silence;
  /** When the engine was asked. */
  readonly looks: number[];
  /** When it was found to hang. */
  readonly hangs: number[];
  /** Whether the engine has more than it gave. */
  hides: boolean;
  /** Something comes every `everyMs`, for so long. */
  busy(everyMs: number, forMs: number): Promise<void>;
}

function bench(): Bench {
  const clock = new ManualClock();
  const looks: number[] = [];
  const hangs: number[] = [];
  const hidesLines = async (): Promise<boolean> => {
    looks.push(clock.monotonicMs());
    return its.hides;
  };
  const silence = new Silence(clock, hidesLines, () => {
    hangs.push(clock.monotonicMs());
    silence.close();
  });
  const busy = async (everyMs: number, forMs: number): Promise<void> => {
    for (let ms = 0; ms < forMs; ms += everyMs) {
      await clock.advance(everyMs);
      silence.end();
      silence.begin();
    }
  };
  const its = { clock, silence, looks, hangs, hides: false, busy };
  return its;
}

describe('Silence', () => {
  it('of a log that was busy is asked about after two seconds, then ever more seldom', async () => {
    const { clock, silence, looks, busy } = bench();
    silence.begin();
    await busy(50, 10_000);
    assert.deepEqual(looks, []);
    await clock.advance(HOUR_MS);
    assert.deepEqual(
      looks.map(ms => (ms - 10_000) / 2000),
      [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
    );
  });

  it('of a day is asked about once an hour', async () => {
    const { clock, silence, looks } = bench();
    silence.begin();
    await clock.advance(24 * HOUR_MS);
    const before = looks.length;
    await clock.advance(24 * HOUR_MS);
    assert.equal(looks.length - before, 24);
  });

  it('is not asked about where it is as usual, and after a minute at the latest', async () => {
    const { clock, silence, looks, busy } = bench();
    silence.begin();
    for (const everyMs of [10, 1000, 10_000, 55_000]) {
      await busy(everyMs, 5 * everyMs);
      looks.length = 0;
      await busy(everyMs, 20 * everyMs);
      await clock.advance(everyMs);
      assert.deepEqual(looks, []);
    }
    await clock.advance(5000);
    assert.equal(looks.length, 1);
  });

  it('is a hang where the engine has more and goes on to be silent', async () => {
    const its = bench();
    its.silence.begin();
    await its.busy(50, 1000);
    its.hides = true;
    await its.clock.advance(2100);
    // It was on its way.
    its.silence.end();
    its.silence.begin();
    assert.deepEqual(its.looks, [3000]);
    await its.clock.advance(60_000);
    assert.deepEqual(its.hangs, [its.looks[1]! + 200]);
  });

  it('that is over asks nothing more and arms no timer', async () => {
    const { clock, silence, looks } = bench();
    silence.begin();
    silence.close();
    assert.equal(clock.armed, 0);
    await clock.advance(HOUR_MS);
    assert.deepEqual(looks, []);
  });

  it('that begins anew after a long one is asked about soon', async () => {
    const { clock, silence, looks, busy } = bench();
    silence.begin();
    await clock.advance(HOUR_MS);
    looks.length = 0;
    await busy(50, 10_000);
    await clock.advance(2000);
    assert.equal(looks.length, 1);
  });
});
