import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { logLine } from '../helpers/log-lines.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startBenchAgent } from './agent-process.ts';
import type { BenchResult } from './bench.ts';
import { usageOf } from './process-usage.ts';
import { withScope } from './scope.ts';

const LINES = 2_000_000;
const BLOCK_LINES = 100_000;

const FORMATS = {
  text: line => line,
  'docker-json': (line, time) => `{"log":${JSON.stringify(`${line}\n`)},"stream":"stdout","time":"${time}"}`,
  cri: (line, time) => `${time} stdout F ${line}`,
} satisfies Readonly<Record<string, (line: string, time: string) => string>>;

/** The same lines of 190 bytes in every format of a file source, as fast as it goes; CPU of the agent's whole life. */
export async function run(): Promise<BenchResult> {
  const figures: Record<string, number> = {};
  for (const [format, encode] of Object.entries(FORMATS)) {
    await withScope(async scope => {
      const folder = await scope.folder();
      const path = join(folder, 'app.log');
      for (let n = 0; n < LINES; n += BLOCK_LINES) {
        const lines = Array.from(
          { length: BLOCK_LINES },
          (_, i) => `${encode(logLine('app', n + i), timeOf(n + i))}\n`,
        );
        await appendFile(path, lines.join(''));
      }
      const receiver = await startReceiver(scope, { discard: 'decode', limits: 'none' });
      const config = {
        folder,
        paths: [path],
        format,
        url: receiver.url,
        dispatcher: { copy_mode: 'optimized' },
      };
      const agent = await startBenchAgent(scope, config);
      await receiver.until(stats => stats.lines >= LINES);
      figures[`${format}: lines per CPU-second`] = LINES / usageOf(agent.pid).cpuSeconds;
    });
  }
  return { name: 'formats (2 million lines of 190 bytes)', figures };
}

/** Ten thousand lines a second. */
function timeOf(n: number): string {
  const whole = new Date(1_795_000_000_000 + Math.floor(n / 10_000) * 1000).toISOString().slice(0, 19);
  return `${whole}.${String((n % 10_000) * 100_000 + 54_321).padStart(9, '0')}Z`;
}
