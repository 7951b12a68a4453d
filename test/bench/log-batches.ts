import type { Batch } from '../../pkg/types/batch.ts';
import { batchOf, partOf } from '../helpers/batches.ts';
import { testChunk, testStream } from '../helpers/chunks.ts';
import { logLine } from '../helpers/log-lines.ts';

const BATCH_BYTES = 1024 * 1024;
/** Different batches, so that the processor cannot learn one by heart: that made snappy look 40 % faster. */
const BATCHES = 16;
const ROUNDS = 12;

/** Batches of 1 MiB with lines of this size. */
export function logBatches(lineBytes: number): readonly Batch[] {
  return Array.from({ length: BATCHES }, (_, n) => makeBatch(lineBytes, n));
}

function makeBatch(lineBytes: number, seed: number): Batch {
  const records = Math.floor(BATCH_BYTES / lineBytes);
  const lines = Array.from({ length: records }, (_, n) => {
    const line = logLine('bench', seed * records + n);
    return line.repeat(Math.ceil(lineBytes / line.length)).slice(0, lineBytes);
  });
  return batchOf(
    partOf(testChunk(lines, testStream({ filename: '/var/log/bench.log', job: 'bench' })).chunk),
  );
}

/**
 * CPU time of `work` in nanoseconds a line: the best of some rounds over all batches, for what disturbs a round on a
 * shared machine only adds to it. `work` returns something of its result, so that none of it can be left out.
 */
export async function nanosPerLine(
  batches: readonly Batch[],
  work: (batch: Batch) => number | Promise<number>,
): Promise<number> {
  const lines = batches.reduce((sum, batch) => sum + batch.records, 0);
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.cpuUsage();
    for (const batch of batches) await work(batch);
    const { user, system } = process.cpuUsage(start);
    best = Math.min(best, ((user + system) * 1000) / lines);
  }
  return best;
}
