import { NO_PRODUCER, stampProducer } from '../../internal/sinks/kafka/batch-header.ts';
import { type Compression, loadCodec } from '../../internal/sinks/kafka/codecs.ts';
import { RecordBatchEncoder } from '../../internal/sinks/kafka/encode.ts';
import { KafkaStreams } from '../../internal/sinks/kafka/kafka-stream.ts';
import type { RecordFormat } from '../../internal/sinks/kafka/record-frame.ts';
import type { Batch } from '../../pkg/types/batch.ts';
import type { BenchResult } from './bench.ts';
import { logBatches, nanosPerLine } from './log-batches.ts';

const LINE_BYTES = [190, 1024];
const COMPRESSIONS: readonly Compression[] = ['none', 'snappy', 'lz4', 'zstd', 'gzip'];

/** What a line costs in the Kafka sink before it is on the wire, checksum included. */
export async function run(): Promise<BenchResult> {
  const figures: Record<string, number> = {};
  for (const lineBytes of LINE_BYTES) {
    const batches = logBatches(lineBytes);
    for (const format of ['raw', 'json'] as const)
      for (const compression of COMPRESSIONS) {
        const nanos = await nanosPerLine(batches, await encoding(format, compression));
        figures[`${format} ${compression} ${lineBytes} bytes, ns/line`] = nanos;
        figures[`${format} ${compression} ${lineBytes} bytes, MB per CPU-second`] =
          (lineBytes * 1000) / nanos;
      }
  }
  return { name: 'kafka-encode (one batch of 1 MiB at a time)', figures };
}

async function encoding(
  format: RecordFormat,
  compression: Compression,
): Promise<(batch: Batch) => Promise<number>> {
  const frames = { format, dedupeHeaders: false };
  const streams = new KafkaStreams({ ...frames, topic: 'logs', allowedTopics: [], key: '' });
  const encoder = new RecordBatchEncoder({ ...frames, codec: await loadCodec(compression) });
  return async ({ parts }) => {
    encoder.start(Number.POSITIVE_INFINITY);
    for (const part of parts) encoder.append(part, streams.of(part.stream).frame, part.from);
    const batch = await encoder.finish();
    stampProducer(batch, NO_PRODUCER);
    return batch.length;
  };
}
