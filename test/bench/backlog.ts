import { setTimeout as sleep } from 'node:timers/promises';
import { parseExposition } from '../../internal/metrics/exposition.ts';
import type { BenchAgent } from './agent-process.ts';
import { usageOf } from './process-usage.ts';

const POLL_MS = 250;

/** The highest figures of an agent until then. */
export async function watch(
  agent: BenchAgent,
  untilMs: number,
): Promise<{ rssMb: number; parked: number; letters: number }> {
  const most = { rssMb: 0, parked: 0, letters: 0 };
  while (performance.now() < untilMs) {
    most.rssMb = Math.max(most.rssMb, usageOf(agent.pid).rssMb);
    most.parked = Math.max(most.parked, await sum(agent, 'dispatcher_retry_queue_size'));
    most.letters = Math.max(most.letters, await sum(agent, 'dlq_records'));
    await sleep(POLL_MS);
  }
  return most;
}

/** Resolves with the seconds until no letter was left. */
export async function untilCaughtUp(agent: BenchAgent): Promise<number> {
  const start = performance.now();
  while ((await sum(agent, 'dlq_records')) + (await sum(agent, 'dispatcher_retry_queue_size')) > 0)
    await sleep(POLL_MS);
  return (performance.now() - start) / 1000;
}

async function sum(agent: BenchAgent, name: string): Promise<number> {
  const samples = parseExposition(await agent.metrics());
  return samples
    .filter(sample => sample.name === `log_capturer_${name}`)
    .reduce((total, { value }) => total + value, 0);
}
