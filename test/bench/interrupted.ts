import type { TestAgent } from '../helpers/agent.ts';
import { type InterruptedRun, interruptedRun } from '../helpers/interrupted-run.ts';
import type { BenchResult } from './bench.ts';
import { withScope } from './scope.ts';

const BYTES = 1e9;

type How = Pick<InterruptedRun, 'copyMode' | 'interruptions' | 'interrupt'>;

const RUNS: Readonly<Record<string, How>> = {
  plain: { copyMode: 'optimized', interruptions: 0, interrupt: async () => undefined },
  'SIGTERM ×5': { copyMode: 'safe', interruptions: 5, interrupt: agent => ended(agent) },
  'kill -9 ×10': { copyMode: 'optimized', interruptions: 10, interrupt: agent => agent.kill9() },
};

/** A gigabyte of numbered lines while the agent is ended and started on the way: what arrived, and how long it took. */
export async function run(): Promise<BenchResult> {
  const figures: Record<string, number | string> = {};
  for (const [name, how] of Object.entries(RUNS)) {
    const report = await withScope(async scope =>
      interruptedRun(scope, { ...how, dir: await scope.folder(), bytes: BYTES }),
    );
    const { metrics: _, isUnchanged, ...counts } = report;
    for (const [key, value] of Object.entries(counts)) figures[`${name}: ${key}`] = value;
    figures[`${name}: text`] = isUnchanged ? 'unchanged' : 'CHANGED';
  }
  return { name: `interrupted (${BYTES / 1e9} GB)`, figures };
}

async function ended(agent: TestAgent): Promise<void> {
  const code = await agent.stop('SIGTERM');
  if (code !== 0) throw new Error(`the agent ended with ${code}: ${agent.process.stderr()}`);
}
