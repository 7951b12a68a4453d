import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startReceiver } from '../helpers/receiver.ts';
import { startBenchAgent } from './agent-process.ts';
import type { BenchResult } from './bench.ts';
import { latenciesIn, quantileMs } from './latency.ts';
import { usageOf } from './process-usage.ts';
import { withScope } from './scope.ts';
import { writeAtRate } from './write-at-rate.ts';

const LINES_PER_SECOND = 10_000;
const SECONDS = 30;

/** An everyday load: 10 000 lines a second for 30 s into one file, then 30 s of silence. */
export async function run(): Promise<BenchResult> {
  return withScope(async scope => {
    const folder = await scope.folder();
    const path = join(folder, 'app.log');
    const receiver = await startReceiver(scope, { discard: 'decode', limits: 'none' });
    const agent = await startBenchAgent(scope, { folder, paths: [path], url: receiver.url });
    await sleep(2000);
    const before = usageOf(agent.pid);
    const lines = await writeAtRate(path, LINES_PER_SECOND, SECONDS);
    const busy = usageOf(agent.pid);
    await receiver.until(stats => stats.lines >= lines);
    const latencies = latenciesIn(await agent.metrics(), 'loki');
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
        'latency p50 ms': quantileMs(latencies, 0.5),
        'latency p99 ms': quantileMs(latencies, 0.99),
        idleCpuPercent: (100 * (idle.cpuSeconds - idleBefore.cpuSeconds)) / SECONDS,
        idleRssMb: idle.rssMb,
      },
    };
  });
}
