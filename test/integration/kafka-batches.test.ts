/** Kafka's own reader of log segments judges the batches that we write: every compression and format, byte for byte. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { NO_PRODUCER, stampProducer } from '../../internal/sinks/kafka/batch-header.ts';
import { type Compression, loadCodec } from '../../internal/sinks/kafka/codecs.ts';
import { RecordBatchEncoder } from '../../internal/sinks/kafka/encode.ts';
import { type FrameOptions, recordFrame } from '../../internal/sinks/kafka/record-frame.ts';
import type { Part } from '../../pkg/types/batch.ts';
import { partOf } from '../helpers/batches.ts';
import { testChunk, testStream } from '../helpers/chunks.ts';
import { hasKafka, runKafkaTool } from '../helpers/kafka-jars.ts';
import { logLine } from '../helpers/log-lines.ts';
import { scopeOf } from '../helpers/scope.ts';

const COMPRESSIONS: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
const NOW_MS = 1_700_000_000_123;
/** Together more than one block of lz4 and one window of snappy. */
const LINES = [
  ...['', 'a "quoted"\t\\ line', 'üñí 💥', 'x'.repeat(70_000)],
  ...Array.from({ length: 2000 }, (_, n) => logLine('kafka', n)),
];

async function encode(part: Part, compression: Compression, options: FrameOptions): Promise<Buffer> {
  const encoder = new RecordBatchEncoder({ ...options, codec: await loadCodec(compression) });
  encoder.start(1e9);
  encoder.append(part, recordFrame(part.stream, Buffer.from('key'), options), part.from);
  const batch = await encoder.finish();
  stampProducer(batch, NO_PRODUCER);
  return batch;
}

/** What a record holds, as `DumpLogSegments` prints it. */
function expectedRecords(format: FrameOptions['format']): string[] {
  return LINES.map((line, n) => {
    const timestamp = `2023-11-14T22:13:20.123${String(n).padStart(6, '0')}Z`;
    const value =
      format === 'raw' ? line : JSON.stringify({ timestamp, line, labels: { app: 'ü', job: 'b' } });
    const headers = `[${format === 'raw' ? 'app,job,' : ''}lc.stream,lc.pos]`;
    return `valueSize: ${Buffer.byteLength(value)} sequence: -1 headerKeys: ${headers} key: key payload: ${value}`;
  });
}

test('DumpLogSegments reads every compression and format', async context => {
  if (!hasKafka(context)) return;
  const folder = await scopeOf(context).folder();
  const segments: Buffer[] = [];
  for (const format of ['json', 'raw'] as const)
    for (const compression of COMPRESSIONS) {
      const { chunk } = testChunk(LINES, testStream({ app: 'ü', job: 'b' }), NOW_MS);
      const part = { ...partOf(chunk), base: { sec: 1_700_000_000, nanos: 123_000_000 } };
      const batch = await encode(part, compression, { format, dedupeHeaders: true });
      batch.writeBigInt64BE(BigInt(segments.length * LINES.length), 0);
      segments.push(batch);
    }
  const segment = join(folder, '00000000000000000000.log');
  await writeFile(segment, Buffer.concat(segments));
  const args = ['--files', segment, '--print-data-log', '--deep-iteration'];
  const printed = (await runKafkaTool('kafka.tools.DumpLogSegments', args)).split('\n');
  const heads = printed.filter(line => line.startsWith('baseOffset'));
  assert.deepEqual(
    heads.map(line => /compresscodec: (\w+) crc: \d+ isvalid: (\w+)/.exec(line)?.slice(1)),
    [...COMPRESSIONS, ...COMPRESSIONS].map(compression => [compression, 'true']),
  );
  const records = printed.filter(line => line.startsWith('| offset'));
  assert.deepEqual(
    records.map(line => line.slice(line.indexOf('valueSize'))),
    ['json', 'raw'].flatMap(format =>
      COMPRESSIONS.flatMap(() => expectedRecords(format as FrameOptions['format'])),
    ),
  );
  assert.match(records[1]!, /^\| offset: 1 CreateTime: 1700000000123 keySize: 3 /);
});
