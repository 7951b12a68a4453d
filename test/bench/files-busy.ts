import { appendFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { logLine, writeLogFile } from '../helpers/log-lines.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startBenchAgent } from './agent-process.ts';
import type { BenchResult } from './bench.ts';
import { usageOf } from './process-usage.ts';
import { type BenchScope, withScope } from './scope.ts';

const TOTAL_BYTES = 300e6;
const WINDOW_SECONDS = 5;
const ROTATIONS_PER_SECOND = 5;

/** The same bytes in 1, 10 and 100 files, and a file that is rotated all the time. */
export async function run(): Promise<BenchResult> {
  const figures: Record<string, number> = {};
  for (const files of [1, 10, 100]) await withScope(scope => saturation(scope, files, figures));
  await withScope(scope => rotating(scope, figures));
  return { name: 'files that are busy (190-byte lines)', figures };
}

async function saturation(scope: BenchScope, files: number, figures: Record<string, number>): Promise<void> {
  const folder = await scope.folder();
  let [lines, bytes] = [0, 0];
  for (let n = 0; n < files; n++) {
    const file = await writeLogFile(join(folder, `${n}.log`), `app${n}`, TOTAL_BYTES / files);
    lines += file.lines;
    bytes += file.bytes;
  }
  const receiver = await startReceiver(scope, { discard: 'decode', limits: 'none' });
  const paths = [join(folder, '*.log')];
  const agent = await startBenchAgent(scope, { folder: await scope.folder(), paths, url: receiver.url });
  await receiver.until(stats => stats.lines >= lines);
  const usage = usageOf(agent.pid);
  figures[`${TOTAL_BYTES / 1e6} MB in ${files} files: MB per CPU-second`] = bytes / 1e6 / usage.cpuSeconds;
  figures[`${TOTAL_BYTES / 1e6} MB in ${files} files: peak RSS MB`] = usage.peakRssMb;
  agent.child.kill('SIGTERM');
  await agent.exited;
}

/** A thousand lines a second, without rotation and with much of it. */
async function rotating(scope: BenchScope, figures: Record<string, number>): Promise<void> {
  const receiver = await startReceiver(scope, { discard: 'decode', limits: 'none' });
  for (const rotations of [0, ROTATIONS_PER_SECOND]) {
    const folder = await scope.folder();
    const path = join(folder, 'app.log');
    const state = await scope.folder();
    const agent = await startBenchAgent(scope, { folder: state, paths: [path], url: receiver.url });
    const { lines: linesBefore } = await receiver.stats();
    const before = usageOf(agent.pid);
    let lines = 0;
    for (let n = 0; n < WINDOW_SECONDS * 10; n++) {
      for (const end = lines + 100; lines < end; lines++) appendFileSync(path, `${logLine('app', lines)}\n`);
      if (rotations > 0 && n % (10 / rotations) === 0) renameSync(path, `${path}.${n}`);
      await sleep(100);
    }
    await receiver.until(stats => stats.lines - linesBefore >= lines);
    const cpu = usageOf(agent.pid).cpuSeconds - before.cpuSeconds;
    figures[`1 000 lines/s, ${rotations} rotations a second: % of a core`] = (cpu / WINDOW_SECONDS) * 100;
    agent.child.kill('SIGTERM');
    await agent.exited;
  }
}
