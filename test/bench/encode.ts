import { gzipSync } from 'node:zlib';
import { compressSync } from 'snappy';
import { encodePush, layOutPush } from '../../internal/sinks/loki/encode.ts';
import { encodeJson, jsonScratchBytes } from '../../internal/sinks/loki/encode-json.ts';
import { groupByStream, type Selection } from '../../internal/sinks/loki/groups.ts';
import type { Batch } from '../../pkg/types/batch.ts';
import { lokiStreams } from '../helpers/loki-selection.ts';
import type { BenchResult } from './bench.ts';
import { logBatches, nanosPerLine } from './log-batches.ts';

const LINE_BYTES = [50, 190, 1024];

/** What a line costs in the Loki sink before it is on the wire, by its size. */
export async function run(): Promise<BenchResult> {
  const figures: Record<string, number> = {};
  for (const lineBytes of LINE_BYTES) {
    const batches = logBatches(lineBytes);
    for (const [work, encode] of Object.entries(works(batches))) {
      const nanos = await nanosPerLine(batches, encode);
      figures[`${work}${lineBytes}BytesNanosPerLine`] = nanos;
      figures[`${work}${lineBytes}BytesMbPerSecond`] = (lineBytes * 1000) / nanos;
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
