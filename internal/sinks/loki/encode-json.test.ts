import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Part } from '../../../pkg/types/batch.ts';
import { partOf } from '../../../test/helpers/batches.ts';
import { testChunk, testStream } from '../../../test/helpers/chunks.ts';
import { decodeJsonPush } from '../../../test/helpers/decode-push.ts';
import { lokiStreams, selectionOf } from '../../../test/helpers/loki-selection.ts';
import { layOutPush } from './encode.ts';
import { encodeJson, jsonScratchBytes } from './encode-json.ts';
import { groupByStream } from './groups.ts';

/** Encodes into exactly the memory that was asked for. */
function encode(...parts: readonly Part[]): string {
  const selection = selectionOf(...parts);
  const { lineBytes } = layOutPush(selection);
  const target = Buffer.alloc(jsonScratchBytes(selection, lineBytes), 0xee);
  return target.toString('utf8', 0, encodeJson(selection, target));
}

test('a push is this text', () => {
  const stream = testStream({ b: 'x"y', a: '1' });
  const { chunk } = testChunk(['hi', '\u0000\u001f\t"\\\u007fü'], stream, 1_700_000_000_007);
  assert.equal(
    encode(partOf(chunk)),
    '{"streams":[{"stream":{"a":"1","b":"x\\"y"},"values":[["1700000000007000000","hi"],' +
      '["1700000000007000001","\\u0000\\u001f\\t\\"\\\\\u007fü"]]}]}',
  );
});

test('a line of nothing but control characters fits into the memory that was asked for', () => {
  const line = '\u0001'.repeat(1000);
  const { streams } = JSON.parse(encode(partOf(testChunk([line]).chunk))) as {
    streams: { values: string[][] }[];
  };
  assert.equal(streams[0]?.values[0]?.[1], line);
});

test('whatever the lines and times, JSON.parse finds them', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 100 }),
    fc.string({ unit: fc.constantFrom('\u0000', '\b', '\f', '\n', '\r', '\t', '"', '\\', '\u2028', '😀') }),
  );
  const chunks = fc.array(
    fc.record({
      lines: fc.array(text, { minLength: 1, maxLength: 20 }),
      job: text,
      sec: fc.nat(4_294_967_294),
      nanos: fc.nat(999_999_999),
    }),
    { minLength: 1, maxLength: 4 },
  );
  fc.assert(
    fc.property(chunks, inits => {
      const expected = new Map<string, { nanos: bigint; line: string }[]>();
      const parts = inits.map(({ lines, job, sec, nanos }) => {
        const { chunk } = testChunk(lines, testStream({ job }));
        const first = BigInt(sec) * 1_000_000_000n + BigInt(nanos);
        const key = job === '' ? '{}' : JSON.stringify({ job: job.toWellFormed() });
        const entries = lines.map((line, r) => ({ nanos: first + BigInt(r), line: line.toWellFormed() }));
        expected.set(key, [...(expected.get(key) ?? []), ...entries]);
        return { ...partOf(chunk), base: { sec, nanos } };
      });
      const found = new Map<string, { nanos: bigint; line: string }[]>();
      for (const { labels, entries } of decodeJsonPush(encode(...parts)))
        found.set(labels, [...(found.get(labels) ?? []), ...entries]);
      assert.deepEqual(found, expected);
    }),
    { numRuns: 200 },
  );
});

test('metadata ends every entry', () => {
  const part = partOf(testChunk(['a', 'b'], testStream({ pod: 'x"\u0001', job: 'm' })).chunk);
  const selection = groupByStream([part], lokiStreams({ structured_metadata: ['pod'] }), 0);
  const target = Buffer.alloc(jsonScratchBytes(selection, layOutPush(selection).lineBytes), 0xee);
  const [stream] = decodeJsonPush(target.toString('utf8', 0, encodeJson(selection, target)));
  assert.equal(stream!.labels, '{"job":"m"}');
  assert.deepEqual(
    stream!.entries.map(({ line, metadata }) => [line, metadata]),
    ['a', 'b'].map(line => [line, { pod: 'x"\u0001' }]),
  );
});
