import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eachOf } from '../../internal/monitors/docker/each-of.ts';
import { DockerEngine } from '../helpers/docker-engine.ts';
import { logLine } from '../helpers/log-lines.ts';
import { startReceiver, type TestReceiver } from '../helpers/receiver.ts';
import type { TestContainer } from '../helpers/test-container.ts';
import { until } from '../helpers/until.ts';
import { type BenchAgent, startBenchAgent } from './agent-process.ts';
import type { BenchResult } from './bench.ts';
import { usageOf } from './process-usage.ts';
import { type BenchScope, withScope } from './scope.ts';

const WAYS = ['files', 'api'] as const;
type Way = (typeof WAYS)[number];

const BLOCK_LINES = 10_000;
const BLOCKS = 100;
const CONTAINERS = 200;
const STARTS_AT_ONCE = 8;
const LINES_PER_SECOND = 50;
const SECONDS = 15;

/**
 * Containers of a real engine. One at full speed, both ways: what was logged before is read back, beside the floor that
 * `docker logs` sets; then 200 that print 50 lines a second each. The agent's CPU is counted from when it is ready.
 */
export async function run(): Promise<BenchResult> {
  const figures: Record<string, number> = {};
  await withScope(async scope => {
    const engine = await DockerEngine.start(scope);
    await one(scope, engine, figures);
    await many(scope, engine, figures);
  });
  return { name: 'docker (json-file, 190-byte lines)', figures };
}

/** What one container has logged is read back. */
async function one(scope: BenchScope, engine: DockerEngine, figures: Record<string, number>): Promise<void> {
  const block = Array.from({ length: BLOCK_LINES }, (_, n) => `${logLine('app', n)}\n`).join('');
  const lines = BLOCK_LINES * BLOCKS;
  const container = await engine.create({ script: `for i in $(seq ${BLOCKS}); do cat /io/block; done` });
  await writeFile(join(container.io, 'block'), block);
  const before = usageOf(engine.pid).cpuSeconds;
  await container.start();
  await container.wait();
  figures['engine: CPU-seconds to log it'] = usageOf(engine.pid).cpuSeconds - before;
  for (const way of WAYS) {
    const receiver = await startReceiver(scope, { discard: 'decode', limits: 'none' });
    const engineBefore = usageOf(engine.pid).cpuSeconds;
    const start = performance.now();
    const agent = await startOn(scope, engine, receiver, way);
    const ready = usageOf(agent.pid).cpuSeconds;
    await receiver.until(stats => stats.lines >= lines);
    const seconds = (performance.now() - start) / 1000;
    const usage = usageOf(agent.pid);
    const cpuSeconds = usage.cpuSeconds - ready;
    figures[`${way}: lines/s`] = lines / seconds;
    figures[`${way}: lines per CPU-second of the agent`] = lines / cpuSeconds;
    figures[`${way}: MB per CPU-second of the agent`] = (block.length * BLOCKS) / 1e6 / cpuSeconds;
    figures[`${way}: CPU-seconds of the engine`] = usageOf(engine.pid).cpuSeconds - engineBefore;
    figures[`${way}: peak RSS MB`] = usage.peakRssMb;
    await end(agent, receiver);
  }
  const engineBefore = usageOf(engine.pid).cpuSeconds;
  const start = performance.now();
  const logs = spawn('docker', ['-H', `unix://${engine.socket}`, 'logs', container.id], { stdio: 'ignore' });
  await once(logs, 'exit');
  figures['docker logs > /dev/null: lines/s'] = (lines * 1000) / (performance.now() - start);
  figures['docker logs > /dev/null: CPU-seconds of the engine'] =
    usageOf(engine.pid).cpuSeconds - engineBefore;
  await container.remove();
}

/** Many containers that print at an everyday rate. */
async function many(scope: BenchScope, engine: DockerEngine, figures: Record<string, number>): Promise<void> {
  const containers: TestContainer[] = [];
  const start = performance.now();
  await eachOf(Array.from({ length: CONTAINERS }), STARTS_AT_ONCE, async () => {
    containers.push(await engine.run({}));
  });
  figures[`${CONTAINERS} containers: seconds to start them`] = (performance.now() - start) / 1000;
  const stop = new AbortController();
  const printing = printEverySecond(containers, stop.signal);
  for (const way of WAYS) {
    const measured = await manyIn(way, scope, engine);
    for (const [name, value] of Object.entries(measured))
      figures[`${CONTAINERS} containers, ${way}: ${name}`] = value;
  }
  stop.abort();
  await printing;
}

/** Lets each container print its lines once a second: by itself it would need a process for each second. */
async function printEverySecond(containers: readonly TestContainer[], stop: AbortSignal): Promise<void> {
  const block = Array.from({ length: LINES_PER_SECOND }, (_, n) => `${logLine('app', n)}\n`).join('');
  for (let nextMs = performance.now(); !stop.aborted; nextMs += 1000) {
    await Promise.all(containers.map(container => container.print(block)));
    await sleep(nextMs + 1000 - performance.now(), undefined, { signal: stop }).catch(() => undefined);
  }
}

/** What it costs to read them for a while, in one of both ways. */
async function manyIn(
  way: Way,
  scope: BenchScope,
  engine: DockerEngine,
): Promise<Readonly<Record<string, number>>> {
  const receiver = await startReceiver(scope, { discard: 'decode', limits: 'none' });
  const start = performance.now();
  const agent = await startOn(scope, engine, receiver, way);
  await until(agent.metrics, text => text.includes(`containers_watched{source="bench"} ${CONTAINERS}`));
  const watchedSeconds = (performance.now() - start) / 1000;
  // What was logged before is read first.
  await sleep(5000);
  const lines = (await receiver.stats()).lines;
  const before = [usageOf(agent.pid), usageOf(engine.pid)] as const;
  await sleep(SECONDS * 1000);
  const after = [usageOf(agent.pid), usageOf(engine.pid)] as const;
  const percent = (n: 0 | 1): number => (100 * (after[n].cpuSeconds - before[n].cpuSeconds)) / SECONDS;
  const arrived = (await receiver.stats()).lines - lines;
  await end(agent, receiver);
  return {
    'seconds from start until all are watched': watchedSeconds,
    'lines/s': arrived / SECONDS,
    'CPU % of the agent': percent(0),
    'CPU % of the engine': percent(1),
    'RSS MB': after[0].rssMb,
  };
}

async function startOn(
  scope: BenchScope,
  engine: DockerEngine,
  receiver: TestReceiver,
  read: Way,
): Promise<BenchAgent> {
  return startBenchAgent(scope, {
    ...{ folder: await scope.folder(), paths: [], url: receiver.url, dispatcher: { copy_mode: 'optimized' } },
    engines: [{ name: 'bench', host: `unix://${engine.socket}`, read }],
  });
}

async function end(agent: BenchAgent, receiver: TestReceiver): Promise<void> {
  agent.child.kill('SIGTERM');
  await agent.exited;
  await receiver.stop();
}
