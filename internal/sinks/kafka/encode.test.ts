import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Part } from '../../../pkg/types/batch.ts';
import { partOf } from '../../../test/helpers/batches.ts';
import { numbered, testChunk, testStream } from '../../../test/helpers/chunks.ts';
import { decodeRecordBatch } from '../../../test/helpers/decode-record-batch.ts';
import { NO_PRODUCER, stampProducer } from './batch-header.ts';
import { type Compression, loadCodec } from './codecs.ts';
import { RecordBatchEncoder } from './encode.ts';
import { recordFrame } from './record-frame.ts';

const KEY = Buffer.from('key');
const RAW = { format: 'raw', dedupeHeaders: false } as const;
const MEBIBYTE = 1024 * 1024;

async function encoderOf(compression: Compression = 'none'): Promise<RecordBatchEncoder> {
  return new RecordBatchEncoder({ ...RAW, codec: await loadCodec(compression) });
}

async function encode(encoder: RecordBatchEncoder, ...parts: readonly Part[]): Promise<Buffer> {
  encoder.start(64 * MEBIBYTE);
  for (const part of parts)
    assert.equal(encoder.append(part, recordFrame(part.stream, KEY, RAW), part.from), part.to);
  const batch = await encoder.finish();
  stampProducer(batch, NO_PRODUCER);
  return batch;
}

async function linesOf(batch: Buffer): Promise<string[]> {
  return (await decodeRecordBatch(batch)).records.map(({ value }) => value!.toString());
}

describe('RecordBatchEncoder', () => {
  it('writes these bytes', async () => {
    const { chunk } = testChunk(['hi', ''], testStream({ a: 'b' }), 1_700_000_000_001);
    const encoder = await encoderOf();
    encoder.start(MEBIBYTE);
    encoder.append(partOf(chunk), recordFrame(chunk.stream, KEY, RAW), 0);
    const batch = await encoder.finish();
    stampProducer(batch, { id: 258n, epoch: 3, baseSequence: 4 });
    const expected = [
      ...['0000000000000000', '0000004f', 'ffffffff', '02', '4faf4de4', '0000', '00000001'],
      ...['0000018bcfe56801', '0000018bcfe56801', '0000000000000102', '0003', '00000004', '00000002'],
      ...['1e', '00', '00', '00', '066b6579', '046869', '02', '0261', '0262'],
      ...['1a', '00', '00', '02', '066b6579', '00', '02', '0261', '0262'],
    ];
    assert.equal(batch.toString('hex'), expected.join(''));
  });

  for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)
    it(`is read by kafkajs: ${compression}`, async () => {
      const sizes = [0, 1, 40, 63, 64, 8191, 8192, 300_000, 3_000_000, 5];
      const lines = sizes.map((size, n) => String.fromCharCode(97 + n).repeat(size));
      const batch = await encode(await encoderOf(compression), partOf(testChunk(lines).chunk));
      assert.deepEqual(await linesOf(batch), lines);
    });

  it('takes records until the limit, and the first whatever its size', async () => {
    const part = partOf(testChunk([...numbered('n', 3), 'x'.repeat(5000)]).chunk);
    const frame = recordFrame(part.stream, KEY, RAW);
    const encoder = await encoderOf();
    encoder.start(200);
    const next = encoder.append(part, frame, 0);
    assert.ok(next > 0 && next <= 3 && encoder.bytes <= 200, `${next} records, ${encoder.bytes} bytes`);
    assert.equal(encoder.records, next);
    const first = await encoder.finish();
    assert.equal(first.length, encoder.bytes);
    encoder.start(200);
    assert.equal(encoder.append(part, frame, 3), 4);
    assert.ok(encoder.bytes > 5000);
  });

  it('does not count the time of a record that had no room', async () => {
    const { chunk } = testChunk(['a', 'b'.repeat(500)]);
    const part = { ...partOf(chunk), times: Uint32Array.of(7, 0, 9, 0) };
    const encoder = await encoderOf();
    encoder.start(200);
    assert.equal(encoder.append(part, recordFrame(part.stream, KEY, RAW), 0), 1);
    const batch = await encoder.finish();
    stampProducer(batch, NO_PRODUCER);
    assert.equal((await decodeRecordBatch(batch)).maxTimestamp, '7000');
  });

  it('gives a batch that stays as it is while others are written', async () => {
    for (const compression of ['none', 'gzip', 'lz4'] as const) {
      const encoder = await encoderOf(compression);
      const first = encode(encoder, partOf(testChunk(['first']).chunk));
      const second = encode(encoder, partOf(testChunk(['second']).chunk));
      assert.deepEqual(await linesOf(await first), ['first']);
      assert.deepEqual(await linesOf(await second), ['second']);
    }
  });

  it('writes whatever lines and times', async () => {
    const encoder = await encoderOf();
    const record = fc.record({
      line: fc.string({ unit: 'grapheme', maxLength: 300 }).map(text => text.toWellFormed()),
      sec: fc.oneof(fc.nat(2 ** 32 - 1), fc.constantFrom(0, 1_700_000_000, 2 ** 32 - 1)),
      nanos: fc.nat(999_999_999),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 30 }), async records => {
        const part = partOf(testChunk(records.map(({ line }) => line)).chunk);
        const times = Uint32Array.from(records.flatMap(({ sec, nanos }) => [sec, nanos]));
        const decoded = await decodeRecordBatch(await encode(encoder, { ...part, times }));
        const expected = records.map(({ line, sec, nanos }, n) => ({
          ...{ line, offset: String(n), key: 'key' },
          timestamp: String(sec * 1000 + Math.floor(nanos / 1e6)),
        }));
        assert.deepEqual(
          decoded.records.map(({ value, offset, key, timestamp }) => {
            return { line: String(value), offset, key: String(key), timestamp };
          }),
          expected,
        );
        assert.equal(decoded.maxTimestamp, String(Math.max(...expected.map(each => Number(each.timestamp)))));
      }),
    );
  });
});
