import { appendFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { logLine } from '../helpers/log-lines.ts';
import { startReceiver, type TestReceiver } from '../helpers/receiver.ts';
import { startBenchAgent } from './agent-process.ts';
import type { BenchResult } from './bench.ts';
import { usageOf } from './process-usage.ts';
import { type BenchScope, withScope } from './scope.ts';

const ACTIVE = 10;
/** Until what the first lines have compiled is compiled, and files are open again. */
const WARM_UP_SECONDS = 5;
const WINDOW_SECONDS = 15;
const WRITES_PER_SECOND = 10;

/** What the number of files costs (F13): idle ones, of which ten are written to, with events and with polling. */
export async function run(): Promise<BenchResult> {
  const figures: Record<string, number> = {};
  for (const [files, watch] of [
    [10, 'auto'],
    [1_000, 'auto'],
    [20_000, 'auto'],
    [20_000, 'poll'],
  ] as const)
    await withScope(scope => idle(scope, files, watch, figures));
  return { name: `files that are idle, but for ${ACTIVE} with ${WRITES_PER_SECOND} lines/s`, figures };
}

async function idle(
  scope: BenchScope,
  files: number,
  watch: string,
  figures: Record<string, number>,
): Promise<void> {
  const folder = await scope.folder();
  const logs = Array.from({ length: files }, (_, n) => join(folder, `${n}.log`));
  for (const path of logs) writeFileSync(path, `${logLine('old', 0)}\n`);
  const receiver = await startReceiver(scope, { discard: 'decode', limits: 'none' });
  const start = performance.now();
  const agent = await startBenchAgent(scope, {
    ...{ folder: await scope.folder(), paths: [join(folder, '*.log')], url: receiver.url, watch },
    dispatcher: { batch_timeout: '250ms' },
  });
  const name = `${files} files, ${watch === 'poll' ? 'polled' : 'events'}: `;
  figures[`${name}seconds to ready`] = (performance.now() - start) / 1000;
  await receiver.until(stats => stats.lines >= files);
  figures[`${name}seconds to all read`] = (performance.now() - start) / 1000;
  const active = logs.slice(-ACTIVE);
  // Until what was read is closed.
  await sleep(WARM_UP_SECONDS * 1000);
  await writeTo(active, receiver, WARM_UP_SECONDS);
  const before = usageOf(agent.pid);
  const startMs = performance.now();
  const worstMs = await writeTo(active, receiver, WINDOW_SECONDS);
  const after = usageOf(agent.pid);
  const windowSeconds = (performance.now() - startMs) / 1000;
  figures[`${name}% of a core`] = ((after.cpuSeconds - before.cpuSeconds) / windowSeconds) * 100;
  figures[`${name}RSS MB`] = after.rssMb;
  figures[`${name}descriptors`] = readdirSync(`/proc/${agent.pid}/fd`).length;
  figures[`${name}slowest new line ms`] = worstMs;
  agent.child.kill('SIGTERM');
  await agent.exited;
}

/** Writes a line to each of the files at a steady rate, until all have arrived; returns how long the slowest took. */
async function writeTo(paths: readonly string[], receiver: TestReceiver, seconds: number): Promise<number> {
  let lines = (await receiver.stats()).lines;
  const arrivals: Promise<number>[] = [];
  const startMs = performance.now();
  for (let n = 0; n < seconds * WRITES_PER_SECOND; n++) {
    for (const path of paths) appendFileSync(path, `${logLine('new', n)}\n`);
    lines += paths.length;
    // Only now and then, for to ask costs the receiver's time.
    if (n % WRITES_PER_SECOND === 0) arrivals.push(arrivalMs(receiver, lines));
    const nextMs = startMs + ((n + 1) * 1000) / WRITES_PER_SECOND;
    await sleep(Math.max(0, nextMs - performance.now()));
  }
  await receiver.until(stats => stats.lines >= lines);
  return Math.max(...(await Promise.all(arrivals)));
}

/** How long it takes until so many lines have arrived. */
async function arrivalMs(receiver: TestReceiver, lines: number): Promise<number> {
  const startMs = performance.now();
  await receiver.until(stats => stats.lines >= lines);
  return performance.now() - startMs;
}
