import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Part } from '../../../pkg/types/batch.ts';
import { partOf } from '../../../test/helpers/batches.ts';
import { testChunk, testStream } from '../../../test/helpers/chunks.ts';
import { type DecodedRecord, decodeRecordBatch } from '../../../test/helpers/decode-record-batch.ts';
import { spansOf } from '../../../test/helpers/spans.ts';
import { NO_PRODUCER, stampProducer } from './batch-header.ts';
import { RecordBatchEncoder } from './encode.ts';
import { type FrameOptions, recordFrame } from './record-frame.ts';

const JSON_FORMAT: FrameOptions = { format: 'json', dedupeHeaders: false };

async function recordsOf(part: Part, options: FrameOptions): Promise<readonly DecodedRecord[]> {
  const encoder = new RecordBatchEncoder({ ...options, codec: { id: 0 } });
  encoder.start(1e9);
  assert.equal(encoder.append(part, recordFrame(part.stream, Buffer.from('k'), options), part.from), part.to);
  const batch = await encoder.finish();
  stampProducer(batch, NO_PRODUCER);
  return (await decodeRecordBatch(batch)).records;
}

async function valuesOf(part: Part): Promise<Record<string, unknown>[]> {
  const records = await recordsOf(part, JSON_FORMAT);
  return records.map(({ value }) => JSON.parse(String(value)) as Record<string, unknown>);
}

/** A part whose lines are these bytes. */
function partOfBytes(lines: readonly Uint8Array[], labels: Record<string, string> = { job: 'test' }): Part {
  const part = partOf(
    testChunk(
      lines.map(() => ''),
      testStream(labels),
    ).chunk,
  );
  return { ...part, ...spansOf(lines) };
}

function headersOf({ headers }: DecodedRecord): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

describe('json', () => {
  it('is one object: time, line, labels', async () => {
    const { chunk } = testChunk(['a "b"\tc', 'ü'], testStream({ host: 'h', job: 'web' }), 1_700_000_000_123);
    const records = await recordsOf(partOf(chunk), JSON_FORMAT);
    const labels = '"labels":{"host":"h","job":"web"}}';
    assert.deepEqual(
      records.map(({ value }) => String(value)),
      [
        `{"timestamp":"2023-11-14T22:13:20.123000000Z","line":"a \\"b\\"\\tc",${labels}`,
        `{"timestamp":"2023-11-14T22:13:20.123000001Z","line":"ü",${labels}`,
      ],
    );
  });

  it('is what JSON.parse understands, whatever the bytes: what is no UTF-8 becomes U+FFFD', async () => {
    const line = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.string({ unit: 'binary', maxLength: 40 }).map(text => Buffer.from(text)),
      fc
        .array(fc.constantFrom(0, 9, 10, 31, 34, 92, 127, 0xc3, 0xbc, 0xe2, 0x82, 0xac, 0xf0, 0xff))
        .map(bytes => Uint8Array.from(bytes)),
    );
    const labels = fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), {
      maxKeys: 3,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 8 }), labels, async (lines, pairs) => {
        const values = await valuesOf(partOfBytes(lines, pairs));
        assert.deepEqual(
          values.map(value => value.line),
          lines.map(bytes => Buffer.from(bytes).toString()),
        );
        assert.deepEqual(values[0]?.labels, { ...pairs });
      }),
      { numRuns: 100 },
    );
  });

  it('repairs a line that was cut within a character, and only that', async () => {
    const part = partOfBytes([Buffer.from('aü'), Buffer.from('üb'), Buffer.from('ok')]);
    part.spans[1]! -= 1;
    part.spans[2]! += 1;
    const values = await valuesOf(part);
    assert.deepEqual(
      values.map(value => value.line),
      ['a\ufffd', '\ufffdb', 'ok'],
    );
  });

  it('has the time of each record, to the nanosecond', async () => {
    const part = partOfBytes([Buffer.from('a'), Buffer.from('b'), Buffer.from('c')]);
    const times = Uint32Array.of(0, 1, 4_294_967_295, 999_999_999, 1_700_000_000, 0);
    const values = await valuesOf({ ...part, times });
    assert.deepEqual(
      values.map(value => value.timestamp),
      ['1970-01-01T00:00:00.000000001Z', '2106-02-07T06:28:15.999999999Z', '2023-11-14T22:13:20.000000000Z'],
    );
  });
});

describe('raw', () => {
  it("is the line's bytes, with the labels as headers", async () => {
    const line = Uint8Array.of(0xff, 0, 34, 92);
    const [record] = await recordsOf(partOfBytes([line], { job: 'ü', empty: '' }), {
      ...{ format: 'raw', dedupeHeaders: false },
    });
    assert.deepEqual(record!.value, Buffer.from(line));
    assert.deepEqual(headersOf(record!), { empty: '', job: 'ü' });
  });
});

describe('dedupe_headers', () => {
  for (const format of ['json', 'raw'] as const)
    it(`tells stream and place of each record: ${format}`, async () => {
      const { chunk } = testChunk(['a', 'b'], testStream({ job: format }), 1_700_000_000_999);
      const records = await recordsOf(partOf(chunk), { format, dedupeHeaders: true });
      const stream = { 'lc.stream': chunk.stream.id, ...(format === 'raw' ? { job: format } : {}) };
      assert.deepEqual(records.map(headersOf), [
        { ...stream, 'lc.pos': '1700000000999000000' },
        { ...stream, 'lc.pos': '1700000000999000001' },
      ]);
    });
});
