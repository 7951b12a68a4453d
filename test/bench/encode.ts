import { gzipSync } from 'node:zlib';
import { compressSync } from 'snappy';
import { encodePush, layOutPush } from '../../internal/sinks/loki/encode.ts';
import { encodeJson, jsonScratchBytes } from '../../internal/sinks/loki/encode-json.ts';
import { groupByStream, type Selection } from '../../internal/sinks/loki/groups.ts';
import type { Batch } from '../../pkg/types/batch.ts';
import { batchOf, partOf } from '../helpers/batches.ts';
import { testChunk, testStream } from '../helpers/chunks.ts';
import { logLine } from '../helpers/log-lines.ts';
import { lokiStreams } from '../helpers/loki-selection.ts';
import type { BenchResult } from './bench.ts';

const LINE_BYTES = [50, 190, 1024];
const BATCH_BYTES = 1024 * 1024;
/** Different batches, so that the processor cannot learn one by heart: that made snappy look 40 % faster. */
const BATCHES = 16;
const ROUNDS = 12;

/** What a line costs in the Loki sink before it is on the wire, by its size. */
export async function run(): Promise<BenchResult> {
  const figures: Record<string, number> = {};
  for (const lineBytes of LINE_BYTES) {
    const batches = Array.from({ length: BATCHES }, (_, n) => makeBatch(lineBytes, n));
    for (const [work, encode] of Object.entries(works(batches))) {
      const nanosPerLine = measure(batches, encode);
      figures[`${work}${lineBytes}BytesNanosPerLine`] = nanosPerLine;
      figures[`${work}${lineBytes}BytesMbPerSecond`] = (lineBytes * 1000) / nanosPerLine;
    }
  }
  return { name: 'encode (Loki, one batch of 1 MiB at a time)', figures };
}

/** Each returns something of its result, so that none of it can be left out. */
function works(batches: readonly Batch[]): Record<string, (batch: Batch) => number> {
  const streams = lokiStreams({ labels: { host: 'bench' } });
  const selectionOf = (batch: Batch): Selection => groupByStream(batch.parts, streams, 0);
  const scratchBytes = batches.map(batch => jsonScratchBytes(selectionOf(batch), batch.bytes));
  const scratch = Buffer.alloc(Math.max(...scratchBytes));
  const protobuf = (batch: Batch): number => {
    const layout = layOutPush(selectionOf(batch));
    return encodePush(layout, scratch.subarray(0, layout.scratchBytes));
  };
  const json = (batch: Batch): number => encodeJson(selectionOf(batch), scratch);
  return {
    layOut: batch => layOutPush(selectionOf(batch)).bytes,
    protobuf,
    protobufSnappy: batch =>
      compressSync(scratch.subarray(0, protobuf(batch)), { copyOutputData: true }).length,
    json,
    jsonGzip: batch => gzipSync(scratch.subarray(0, json(batch)), { level: 1 }).length,
  };
}

/** The best of some rounds over all batches: what disturbs a round on a shared machine only adds to it. */
function measure(batches: readonly Batch[], encode: (batch: Batch) => number): number {
  const lines = batches.reduce((sum, batch) => sum + batch.records, 0);
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    for (const batch of batches) encode(batch);
    best = Math.min(best, ((performance.now() - start) * 1e6) / lines);
  }
  return best;
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
