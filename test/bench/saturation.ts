import { join } from 'node:path';
import { writeLogFile } from '../helpers/log-lines.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startBenchAgent } from './agent-process.ts';
import type { BenchResult } from './bench.ts';
import { usageOf } from './process-usage.ts';
import { withScope } from './scope.ts';

const FILE_BYTES = 1e9;

/**
 * As fast as it goes: a file of 1 GB, snappy protobuf, a receiver in another process that decodes and counts. The CPU
 * is that of the whole life of the agent's process, start included; receipts, positions and metrics are on.
 */
export async function run(): Promise<BenchResult> {
  const figures: Record<string, number> = {};
  await withScope(async scope => {
    const folder = await scope.folder();
    const path = join(folder, 'app.log');
    const file = await writeLogFile(path, 'app', FILE_BYTES);
    for (const mode of ['optimized', 'safe'] as const) {
      const receiver = await startReceiver(scope, { discard: 'decode', limits: 'none' });
      const stateFolder = await scope.folder();
      const start = performance.now();
      const agent = await startBenchAgent(scope, {
        ...{ folder: stateFolder, paths: [path], url: receiver.url },
        dispatcher: { copy_mode: mode },
      });
      await receiver.until(stats => stats.lines >= file.lines);
      const seconds = (performance.now() - start) / 1000;
      const usage = usageOf(agent.pid);
      figures[`${mode} MB/s`] = file.bytes / 1e6 / seconds;
      figures[`${mode} lines/s`] = file.lines / seconds;
      figures[`${mode} MB per CPU-second`] = file.bytes / 1e6 / usage.cpuSeconds;
      figures[`${mode} peak RSS MB`] = usage.peakRssMb;
      agent.child.kill('SIGTERM');
      await agent.exited;
      await receiver.stop();
    }
  });
  return { name: 'saturation (1 GB, 190-byte lines)', figures };
}
