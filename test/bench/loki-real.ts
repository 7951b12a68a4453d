import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { writeLogFile } from '../helpers/log-lines.ts';
import { lokiProgram, NO_RATES, RealLoki } from '../helpers/real-loki.ts';
import { startBenchAgent } from './agent-process.ts';
import type { BenchResult } from './bench.ts';
import { usageOf } from './process-usage.ts';
import { withScope } from './scope.ts';

const FILES = 4;
const FILE_BYTES = 40e6;
/** A scrape costs the agent some milliseconds. */
const POLL_MS = 500;

/** As `saturation`, to a real Loki on the same machine: it is the one that is saturated. */
export async function run(): Promise<BenchResult> {
  const figures: Record<string, number | string> = {};
  const program = lokiProgram({ skip: why => (figures.skipped = why ?? '') });
  if (program !== undefined)
    await withScope(async scope => {
      const loki = await RealLoki.start(scope, program, { bench: NO_RATES });
      const folder = await scope.folder();
      let [lines, megabytes] = [0, 0];
      for (let n = 0; n < FILES; n++) {
        const file = await writeLogFile(join(folder, `app-${n}.log`), `app-${n}`, FILE_BYTES);
        lines += file.lines;
        megabytes += file.bytes / 1e6;
      }
      const { cpuSeconds: lokiStartCpu } = usageOf(loki.pid);
      const start = performance.now();
      const agent = await startBenchAgent(scope, {
        ...{ folder, paths: [join(folder, '*.log')], url: loki.url },
        sink: { tenant: 'bench' },
      });
      while (deliveredOf(await agent.metrics()) < lines) await delay(POLL_MS);
      const seconds = (performance.now() - start) / 1000;
      const usage = usageOf(agent.pid);
      figures['MB/s'] = megabytes / seconds;
      figures['MB per CPU-second of the agent'] = megabytes / usage.cpuSeconds;
      figures['MB per CPU-second of Loki'] = megabytes / (usageOf(loki.pid).cpuSeconds - lokiStartCpu);
      figures['peak RSS MB of the agent'] = usage.peakRssMb;
      agent.child.kill('SIGTERM');
      await agent.exited;
    });
  return { name: `loki-real (${FILES} files of ${FILE_BYTES / 1e6} MB, 190-byte lines)`, figures };
}

function deliveredOf(metrics: string): number {
  return Number(/^log_capturer_logs_settled_total\{.*outcome="delivered"\} (\d+)$/m.exec(metrics)?.[1] ?? 0);
}
