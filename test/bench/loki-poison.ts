import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { logLine } from '../helpers/log-lines.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { until } from '../helpers/until.ts';
import { startBenchAgent } from './agent-process.ts';
import type { BenchResult } from './bench.ts';
import { usageOf } from './process-usage.ts';
import { type BenchScope, withScope } from './scope.ts';

/** Clean and poisoned by turns, for others work on the machine too; the figures are medians. */
const ROUNDS = 3;
const LINES = 500_000;
const START_MS = Date.now();
const BLOCK = 10_000;
/** One line in so many. */
const TOO_OLD = 100;
const TOO_LONG = 1000;
const BAD_LABELS = 10_000;
const EXPECTED_LETTERS = LINES / TOO_OLD + LINES / TOO_LONG + LINES / BAD_LABELS;
/** The longest that the sink sends. */
const LINE_BYTES = 300;
/** Loki takes a week by default. */
const OLD_MS = 8 * 24 * 3_600_000;
const LABEL_VALUE_BYTES = 150;

interface Speed {
  readonly mbPerSecond: number;
  readonly mbPerCpuSecond: number;
}

/**
 * What poison costs the agent: 1 % of the lines are too old, which Loki says in a 400, 0.1 % are known to be too long, 0.01 %
 * are of a stream with bad labels; all of them become dead letters. Loki stores the others, in a process of its own. Lines
 * have times of their own, as in a container's log.
 */
export async function run(): Promise<BenchResult> {
  const rounds: { readonly clean: Speed; readonly poison: Speed }[] = [];
  for (let n = 0; n < ROUNDS; n++)
    rounds.push({
      clean: await withScope(scope => ship(scope, false)),
      poison: await withScope(scope => ship(scope, true)),
    });
  const median = (of: (round: (typeof rounds)[number]) => number): number =>
    rounds.map(of).sort((a, b) => a - b)[rounds.length >> 1]!;
  return {
    name: `loki-poison (${LINES.toLocaleString('en')} lines through the agent)`,
    figures: {
      'clean MB/s': median(({ clean }) => clean.mbPerSecond),
      'poison MB/s': median(({ poison }) => poison.mbPerSecond),
      'clean MB per CPU-second': median(({ clean }) => clean.mbPerCpuSecond),
      'poison MB per CPU-second': median(({ poison }) => poison.mbPerCpuSecond),
      'cost in time, percent': median(({ clean, poison }) => cost(clean.mbPerSecond, poison.mbPerSecond)),
      'cost in CPU, percent': median(({ clean, poison }) =>
        cost(clean.mbPerCpuSecond, poison.mbPerCpuSecond),
      ),
    },
  };
}

/** By how much less is done with poison. */
function cost(clean: number, poison: number): number {
  return 100 * (1 - poison / clean);
}

async function ship(scope: BenchScope, isPoison: boolean): Promise<Speed> {
  const folder = await scope.folder();
  const paths = [join(folder, 'main.log'), join(folder, `${'bad'.repeat(60)}.log`)];
  const bytes = await writeLines(paths[0]!, LINES, isPoison);
  await writeLines(paths[1]!, isPoison ? LINES / BAD_LABELS : 0, false);
  const receiver = await startReceiver(scope, { maxBytes: 64 << 20 });
  const startMs = performance.now();
  const agent = await startBenchAgent(scope, {
    ...{ folder, paths, format: 'docker-json', url: receiver.url },
    sink: { max_line_bytes: LINE_BYTES, max_label_value_bytes: LABEL_VALUE_BYTES, on_bad_labels: 'dlq' },
  });
  const { cpuSeconds: startCpuSeconds } = usageOf(agent.pid);
  const refused = isPoison ? LINES / TOO_OLD + LINES / TOO_LONG : 0;
  await receiver.until(stats => stats.lines >= LINES - refused);
  await until(
    async () => lettersOf(await agent.metrics()),
    letters => !isPoison || letters >= EXPECTED_LETTERS,
  );
  const seconds = (performance.now() - startMs) / 1000;
  const { cpuSeconds } = usageOf(agent.pid);
  agent.child.kill('SIGTERM');
  await agent.exited;
  return { mbPerSecond: bytes / 1e6 / seconds, mbPerCpuSecond: bytes / 1e6 / (cpuSeconds - startCpuSeconds) };
}

function lettersOf(metrics: string): number {
  const found = metrics.matchAll(/^log_capturer_dlq_stored_total\{.*\} (\d+)$/gm);
  return [...found].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** As Docker writes it; the times of lines go up by a microsecond each. */
function entryOf(line: string, n: number, ageMs: number): string {
  const micros = String(n % 1000).padStart(3, '0');
  const time = new Date(START_MS - ageMs + Math.floor(n / 1000)).toISOString().replace('Z', `${micros}Z`);
  return JSON.stringify({ log: `${line}\n`, stream: 'stdout', time });
}

/** Returns how many bytes were written. */
async function writeLines(path: string, count: number, isPoison: boolean): Promise<number> {
  const file = createWriteStream(path);
  for (let n = 0; n < count; ) {
    const block: string[] = [];
    for (const end = Math.min(count, n + BLOCK); n < end; n++) {
      const line = logLine('poison', n);
      const isLong = isPoison && n % TOO_LONG === 1;
      const ageMs = isPoison && n % TOO_OLD === 0 ? OLD_MS : 0;
      block.push(entryOf(isLong ? line.padEnd(LINE_BYTES + 1, 'x') : line, n, ageMs), '\n');
    }
    if (!file.write(block.join(''))) await once(file, 'drain');
  }
  await finished(file.end());
  return file.bytesWritten;
}
