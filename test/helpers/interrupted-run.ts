import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { SourceReport } from '../../internal/receiver/sequence-check.ts';
import { pathsToLoki, startAgent, type TestAgent } from './agent.ts';
import { writeLogFile } from './log-lines.ts';
import type { TestScope } from './process.ts';
import { startReceiver, type TestReceiver } from './receiver.ts';

export interface InterruptedRun {
  /** A folder of the run's own. */
  readonly dir: string;
  readonly bytes: number;
  readonly copyMode: 'safe' | 'optimized';
  /** How often the agent is ended on the way, spread evenly over the file. */
  readonly interruptions: number;
  readonly interrupt: (agent: TestAgent) => Promise<unknown>;
}

/** What arrived, compared with what was written. */
export interface RunReport {
  readonly lines: number;
  readonly missing: number;
  /** Came again exactly as before (stream, time, text): Loki keeps one. */
  readonly resent: number;
  /** Came again in another form: Loki would keep both. */
  readonly duplicates: number;
  readonly outOfOrder: number;
  readonly isUnchanged: boolean;
  readonly seconds: number;
  /** The last agent's metrics after everything was delivered. */
  readonly metrics: ReadonlyMap<string, number>;
}

/** Ships a file of numbered lines with an agent that is ended several times on the way, and says what arrived. */
export async function interruptedRun(scope: TestScope, run: InterruptedRun): Promise<RunReport> {
  const path = join(run.dir, 'app.log');
  const file = await writeLogFile(path, 'app', run.bytes);
  const receiver = await startReceiver(scope, { discard: 'decode', limits: 'none', verifySequence: true });
  const config = pathsToLoki([path], receiver.url, { copy_mode: run.copyMode });
  const start = performance.now();
  for (let n = 1; n <= run.interruptions; n++) {
    const agent = await startAgent(scope, { config, dir: run.dir });
    await receiver.until(stats => stats.lines >= (file.lines * n) / (run.interruptions + 2));
    await run.interrupt(agent);
  }
  const agent = await startAgent(scope, { config, dir: run.dir });
  const report = await untilWhole(receiver, file.lines);
  const seconds = (performance.now() - start) / 1000;
  const metrics = await agent.metrics();
  await agent.assertBalanced();
  assert.equal(await agent.stop(), 0);
  const { resent, duplicates, outOfOrder, distinct, textSum } = report;
  return {
    ...{
      lines: file.lines,
      missing: file.lines - distinct,
      resent,
      duplicates,
      outOfOrder,
      seconds,
      metrics,
    },
    isUnchanged: textSum === file.textSum,
  };
}

/** After a kill lines come again, so their number alone does not say that all are there. */
async function untilWhole(receiver: TestReceiver, lines: number): Promise<SourceReport> {
  await receiver.until(stats => stats.lines >= lines);
  for (;;) {
    const { sources } = await receiver.sequence();
    if (sources.length === 1 && sources[0]!.distinct >= lines) return sources[0]!;
    const { lines: arrived } = await receiver.stats();
    await receiver.until(stats => stats.lines > arrived);
  }
}
