import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Part } from '../../../pkg/types/batch.ts';
import { LabelsCOW } from '../../../pkg/types/labels-cow.ts';
import { Stream } from '../../../pkg/types/stream.ts';
import { partOf } from '../../../test/helpers/batches.ts';
import { numbered, testChunk, testStream } from '../../../test/helpers/chunks.ts';
import { decodeProtobufPush, type PushedStream } from '../../../test/helpers/decode-push.ts';
import { lokiStreams, selectionOf } from '../../../test/helpers/loki-selection.ts';
import { encodePush, layOutPush } from './encode.ts';
import { groupByStream } from './groups.ts';

/** Encodes into memory full of other things, and sees to it that the announced size is the true one. */
function encode(...parts: readonly Part[]): Buffer {
  const layout = layOutPush(selectionOf(...parts));
  const target = Buffer.alloc(layout.scratchBytes, 0xee);
  assert.equal(encodePush(layout, target), layout.bytes);
  return target.subarray(0, layout.bytes);
}

function entriesOf(...parts: readonly Part[]): PushedStream['entries'] {
  return decodeProtobufPush(encode(...parts)).flatMap(({ entries }) => entries);
}

test('a push is these bytes', () => {
  const { chunk } = testChunk(['hi', 'ü'], new Stream(LabelsCOW.from({ a: 'b' })), 1_700_000_000_000);
  const expected = [
    '0a31', // a stream of 49 bytes
    '0a077b613d2262227d', // its labels, {a="b"}
    ...['1212', '0a0c', '08', '80e2cfaa06', '10', '8080808000', '1202', '6869'],
    ...['1212', '0a0c', '08', '80e2cfaa06', '10', '8180808000', '1202', 'c3bc'],
  ];
  assert.equal(encode(partOf(chunk)).toString('hex'), expected.join(''));
});

test('times carry into the next second', () => {
  const { chunk } = testChunk(numbered('n', 3));
  const part = { ...partOf(chunk), base: { sec: 1_700_000_000, nanos: 999_999_998 } };
  assert.deepEqual(
    entriesOf(part).map(({ nanos }) => nanos),
    [1_700_000_000_999_999_998n, 1_700_000_000_999_999_999n, 1_700_000_001_000_000_000n],
  );
});

test('records with times of their own keep them', () => {
  const { chunk } = testChunk(numbered('n', 3));
  const times = Uint32Array.of(1, 2, 4_294_967_295, 999_999_999, 0, 0);
  assert.deepEqual(
    entriesOf({ ...partOf(chunk, 1), times }).map(({ nanos }) => nanos),
    [4_294_967_295_999_999_999n, 0n],
  );
});

test('parts of one stream become one stream message, in order', () => {
  const [a, b] = [testStream({ job: 'a' }), testStream({ job: 'b' })];
  const parts = [testChunk(['a0'], a), testChunk(['b0'], b), testChunk(['a1'], a)].map(({ chunk }) => chunk);
  const streams = decodeProtobufPush(encode(...parts.map(chunk => partOf(chunk))));
  assert.deepEqual(
    streams.map(({ labels, entries }) => [labels, entries.map(({ line }) => line)]),
    [
      ['{job="a"}', ['a0', 'a1']],
      ['{job="b"}', ['b0']],
    ],
  );
});

test('lines around every limit of the format and of the window come out whole', () => {
  const sizes = [0, 1, 96, 97, 127, 128, 16_363, 16_384, 32_767, 32_768, 32_769, 300_000, 5];
  const lines = sizes.map((size, n) => String.fromCharCode(97 + n).repeat(size));
  assert.deepEqual(
    entriesOf(partOf(testChunk(lines).chunk)).map(({ line }) => line),
    lines,
  );
});

test('records may lie anywhere in their memory, and overlap', () => {
  const part = partOf(testChunk(['0123456789']).chunk);
  const spans = Uint32Array.of(5, 10, 0, 3, 2, 8, 9, 9);
  assert.deepEqual(
    entriesOf({ ...part, spans, to: 4 }).map(({ line }) => line),
    ['56789', '012', '234567', ''],
  );
});

test('whatever the lines, cuts and times, a decoder that shares no code finds them', () => {
  const chunkOf = fc.record({
    lines: fc.array(fc.string({ unit: 'grapheme', maxLength: 300 }), { minLength: 1, maxLength: 40 }),
    job: fc.constantFrom('a', 'b', 'c'),
    sec: fc.nat(4_294_967_294),
    nanos: fc.nat(999_999_999),
    cut: fc.nat(39),
  });
  fc.assert(
    fc.property(fc.array(chunkOf, { minLength: 1, maxLength: 6 }), chunks => {
      const expected = new Map<string, { line: string; nanos: bigint }[]>();
      const parts = chunks.map(({ lines, job, sec, nanos, cut }) => {
        const { chunk } = testChunk(lines, testStream({ job }));
        const from = cut % lines.length;
        const first = BigInt(sec) * 1_000_000_000n + BigInt(nanos);
        const entries = lines.map((line, r) => ({ nanos: first + BigInt(r), line: line.toWellFormed() }));
        const key = `{job="${job}"}`;
        expected.set(key, [...(expected.get(key) ?? []), ...entries.slice(from)]);
        return { ...partOf(chunk, from), base: { sec, nanos } };
      });
      const streams = decodeProtobufPush(encode(...parts));
      assert.deepEqual(new Map(streams.map(({ labels, entries }) => [labels, entries])), expected);
    }),
    { numRuns: 200 },
  );
});

test('metadata ends every entry, whatever its size', () => {
  const metadata = { filename: 'x'.repeat(300), pod: 'ü' };
  const part = partOf(testChunk(['a', 'y'.repeat(40_000), ''], testStream({ ...metadata, job: 'm' })).chunk);
  const selection = groupByStream([part], lokiStreams({ structured_metadata: ['pod', 'filename'] }), 0);
  const layout = layOutPush(selection);
  const target = Buffer.alloc(layout.scratchBytes, 0xee);
  assert.equal(encodePush(layout, target), layout.bytes);
  const [stream] = decodeProtobufPush(target.subarray(0, layout.bytes));
  assert.equal(stream!.labels, '{job="m"}');
  assert.deepEqual(
    stream!.entries.map(entry => [entry.line.length, entry.metadata]),
    [1, 40_000, 0].map(length => [length, metadata]),
  );
});
