import { repairUtf8 } from '../../internal/monitors/encodings/utf8.ts';
import { splitLines } from '../../internal/monitors/splitter.ts';
import type { BenchResult } from './bench.ts';

const READ_BYTES = 1024 * 1024;
const LINE_BYTES = [50, 190, 1024];
const ROUNDS = 200;
const OPTIONS = { maxLineBytes: 256 * 1024, longLine: 'truncate' } as const;
const STATE = { isCut: false, isFinal: false };

/** What finding the lines of one read costs, and what proving that they are UTF-8 costs, by the size of a line. */
export async function run(): Promise<BenchResult> {
  const figures: Record<string, number> = {};
  for (const lineBytes of LINE_BYTES) {
    const read = Buffer.from(`${'x'.repeat(lineBytes - 1)}\n`.repeat(READ_BYTES / lineBytes));
    const spans = new Uint32Array((READ_BYTES / lineBytes) * 2 + 2);
    const lines = Math.floor(READ_BYTES / lineBytes);
    const split = best(() => splitLines(read, 0, read.length, spans, STATE, OPTIONS).records);
    const found = spans.subarray(0, lines * 2);
    const check = best(() => (repairUtf8(read, found) === undefined ? 1 : 0));
    figures[`split${lineBytes}BytesNanosPerLine`] = split / lines;
    figures[`split${lineBytes}BytesMbPerSecond`] = (read.length * 1000) / split;
    figures[`utf8${lineBytes}BytesMbPerSecond`] = (read.length * 1000) / check;
  }
  return { name: 'splitter (one read of 1 MiB at a time)', figures };
}

/** Nanoseconds of the best of some rounds: what disturbs a round on a shared machine only adds to it. */
function best(work: () => number): number {
  let bestNanos = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    if (work() === 0) throw new Error('nothing was found');
    bestNanos = Math.min(bestNanos, (performance.now() - start) * 1e6);
  }
  return bestNanos;
}
