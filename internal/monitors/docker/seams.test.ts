import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '../../../pkg/clock/manual-clock.ts';
import { outputLines } from './engine-lines.ts';
import type { OutputLines } from './message-reader.ts';
import { Seams } from './seams.ts';

const SEC = 1_700_000_000;
/** Filled in 50 ms at the soonest. */
const FILE_BYTES = 10_000_000;

/** Lines of stdout that were logged so many milliseconds after the connection began. */
function linesAt(...afterMs: readonly number[]): OutputLines {
  const lines = outputLines(64);
  for (const ms of afterMs) {
    lines.stdout.begin(SEC + Math.floor(ms / 1000), (ms % 1000) * 1e6);
    lines.stdout.append(Buffer.from('x\n'), 0, 2);
    lines.stdout.end();
  }
  return lines;
}

interface Bench {
  readonly clock: ManualClock;
  readonly seams: Seams;
  /** What the engine was asked for: the last so many lines, or those of so many milliseconds. */
  readonly asked: string[];
  /** When the lines were logged that the engine has; `undefined` where it does not say. */
  log: readonly number[] | undefined;
}

function bench(): Bench {
  const clock = new ManualClock(SEC * 1000);
  const asked: string[] = [];
  const its = { clock, asked, log: [] as readonly number[] | undefined };
  const seams = new Seams(
    clock,
    async (since, limit) => {
      const sinceMs = (since.sec - SEC) * 1000 + since.nanos / 1e6;
      const tail = 'tail' in limit ? limit.tail : undefined;
      asked.push(tail === undefined ? `since ${sinceMs}` : `tail ${tail}`);
      const log = tail === undefined ? its.log : its.log?.slice(-tail);
      return log && linesAt(...log.filter(ms => ms >= sinceMs));
    },
    { sec: SEC - 10, nanos: 0 },
    FILE_BYTES,
  );
  return Object.assign(its, { seams });
}

describe('Seams', () => {
  it('asks about a pause in which a file may have come and gone, and says whether it did', async () => {
    for (const hidden of [[], [1020, 1050]]) {
      const its = bench();
      await its.clock.advance(1100);
      its.log = [1000, 1010, ...hidden, 1070, 1075];
      assert.equal(await its.seams.areTorn(linesAt(1000, 1010, 1070, 1075)), hidden.length > 0);
      assert.deepEqual(its.asked, ['tail 68']);
    }
  });

  it('asks about a pause between what came before and what comes', async () => {
    const its = bench();
    await its.clock.advance(1100);
    await its.seams.areTorn(linesAt(1000, 1010));
    its.log = [1000, 1010, 1050, 1200];
    assert.equal(await its.seams.areTorn(linesAt(1200)), true);
  });

  it('does not ask about what came before the connection, came apace, or came to an engine that waited for it', async () => {
    const its = bench();
    await its.clock.advance(1100);
    assert.equal(await its.seams.areTorn(linesAt(-5000, -4000, 0, 40, 80, 120)), false);
    // An engine notices within some tenths of a second that a log is rotated.
    assert.equal(await its.seams.areTorn(linesAt(1500)), false);
    // What comes again is no news.
    assert.equal(await its.seams.areTorn(linesAt(80, 1500)), false);
    assert.deepEqual(its.asked, []);
  });

  it('asks for all of the time where the last lines do not go back to it', async () => {
    const its = bench();
    await its.clock.advance(2000);
    const later = Array.from({ length: 200 }, (_, n) => 1100 + n);
    its.log = [1000, 1050, ...later];
    assert.equal(await its.seams.areTorn(linesAt(1000, 1100)), true);
    assert.deepEqual(its.asked, ['tail 66', 'since 1000']);
  });

  it('takes the log for torn where the engine does not say', async () => {
    const its = bench();
    await its.clock.advance(1100);
    its.log = undefined;
    assert.equal(await its.seams.areTorn(linesAt(1000, 1100)), true);
  });
});
