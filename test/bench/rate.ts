import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { logLine } from '../helpers/log-lines.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { type BenchAgent, startBenchAgent } from './agent-process.ts';
import type { BenchResult } from './bench.ts';
import { usageOf } from './process-usage.ts';
import { withScope } from './scope.ts';

const LINES_PER_SECOND = 10_000;
const SECONDS = 30;
const WRITES_PER_SECOND = 100;

/** An everyday load: 10 000 lines a second for 30 s into one file, then 30 s of silence. */
export async function run(): Promise<BenchResult> {
  return withScope(async scope => {
    const folder = await scope.folder();
    const path = join(folder, 'app.log');
    const receiver = await startReceiver(scope, { discard: 'decode', limits: 'none' });
    const agent = await startBenchAgent(scope, { folder, paths: [path], url: receiver.url });
    await sleep(2000);
    const before = usageOf(agent.pid);
    const lines = await writeAtRate(path);
    const busy = usageOf(agent.pid);
    await receiver.until(stats => stats.lines >= lines);
    const latency = await latencyMs(agent);
    await sleep(35_000);
    const idleBefore = usageOf(agent.pid);
    await sleep(SECONDS * 1000);
    const idle = usageOf(agent.pid);
    return {
      name: `rate (${LINES_PER_SECOND} lines/s for ${SECONDS} s)`,
      figures: {
        cpuPercent: (100 * (busy.cpuSeconds - before.cpuSeconds)) / SECONDS,
        rssMb: busy.rssMb,
        peakRssMb: busy.peakRssMb,
        'latency p50 ms (at most)': latency(0.5),
        'latency p99 ms (at most)': latency(0.99),
        idleCpuPercent: (100 * (idle.cpuSeconds - idleBefore.cpuSeconds)) / SECONDS,
        idleRssMb: idle.rssMb,
      },
    };
  });
}

async function writeAtRate(path: string): Promise<number> {
  const file = createWriteStream(path);
  const perWrite = LINES_PER_SECOND / WRITES_PER_SECOND;
  const start = performance.now();
  let lines = 0;
  for (let write = 0; write < SECONDS * WRITES_PER_SECOND; write++) {
    let block = '';
    for (const end = lines + perWrite; lines < end; lines++) block += `${logLine('app', lines)}\n`;
    file.write(block);
    const aheadMs = start + ((write + 1) * 1000) / WRITES_PER_SECOND - performance.now();
    if (aheadMs > 1) await sleep(aheadMs);
  }
  file.end();
  await once(file, 'finish');
  return lines;
}

/** Quantiles of read to acknowledged, as the upper bound of the histogram's bucket. */
async function latencyMs(agent: BenchAgent): Promise<(quantile: number) => number> {
  const buckets = [
    ...(await agent.metrics()).matchAll(/^log_capturer_delivery_latency_seconds_bucket\{(.*)\} (\d+)$/gm),
  ]
    .map(([, labels, count]) => ({
      le: Number(/le="([^"]+)"/.exec(labels!)![1]!.replace('+Inf', 'Infinity')),
      count: Number(count),
    }))
    .sort((a, b) => a.le - b.le);
  const total = buckets.at(-1)?.count ?? 0;
  return quantile => 1000 * (buckets.find(({ count }) => count >= quantile * total)?.le ?? Number.NaN);
}
