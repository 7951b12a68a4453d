import { gzipSync } from 'node:zlib';
import { compressSync } from 'snappy';
import { encodePush, layOutPush } from '../../internal/sinks/loki/encode.ts';
import { encodeJson, jsonScratchBytes } from '../../internal/sinks/loki/encode-json.ts';
import { groupByStream } from '../../internal/sinks/loki/groups.ts';
import { LabelTexts } from '../../internal/sinks/loki/labels.ts';
import type { Batch } from '../../pkg/types/batch.ts';
import { LabelsCOW } from '../../pkg/types/labels-cow.ts';
import { Stream } from '../../pkg/types/stream.ts';
import type { BenchResult } from './bench.ts';
import { logLine } from './log-lines.ts';

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
  const labels = new LabelTexts({ host: 'bench' });
  const scratchBytes = batches.map(batch => jsonScratchBytes(batch, groupByStream(batch.parts), labels));
  const scratch = Buffer.alloc(Math.max(...scratchBytes));
  const protobuf = (batch: Batch): number => {
    const layout = layOutPush(groupByStream(batch.parts), labels);
    return encodePush(layout, scratch.subarray(0, layout.scratchBytes));
  };
  const json = (batch: Batch): number => encodeJson(groupByStream(batch.parts), labels, scratch);
  return {
    layOut: batch => layOutPush(groupByStream(batch.parts), labels).bytes,
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
  const line = (n: number): string =>
    logLine('bench', seed * records + n)
      .repeat(Math.ceil(lineBytes / 150))
      .slice(0, lineBytes);
  const bytes = Buffer.from(Array.from({ length: records }, (_, n) => `${line(n)}\n`).join(''));
  const spans = Uint32Array.from(
    { length: records * 2 },
    (_, i) => (i >>> 1) * (lineBytes + 1) + (i & 1) * lineBytes,
  );
  const stream = new Stream(LabelsCOW.from({ job: 'bench', filename: '/var/log/bench.log' }));
  const base = { sec: 1_795_000_000, nanos: 123_000_000 };
  const part = { stream, labels: stream.labels, bytes, spans, from: 0, to: records, base, times: undefined };
  return { sequence: seed, parts: [part], records, bytes: records * lineBytes, attempt: 1, isOwned: false };
}
