import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { putUnescaped } from '../../pkg/json-bytes/json-bytes.ts';
import type { Batch, Part } from '../../pkg/types/batch.ts';
import { LETTER_CAUSES } from '../../pkg/types/dead-letters.ts';
import { batchOf } from '../../test/helpers/batches.ts';
import { testStream } from '../../test/helpers/chunks.ts';
import { NOW_MS, reasonOf } from '../../test/helpers/dead-letters.ts';
import { parseLetter } from './letter.ts';
import { exactLetterBytes, LetterEncoder, maxLetterBytes } from './letter-encoder.ts';
import { causeAt, isWhole } from './letter-format.ts';
import { LetterReader, nanosAt, secondsAt } from './letter-reader.ts';

/** Texts that could be taken for the frame of a letter. */
const tricky = fc.constantFrom(
  '"',
  '\\',
  '\n',
  '\\"',
  '","labels":{',
  '},"time":"',
  '","cause":"rejected"',
  ',"crc":"00000000"}',
  '{"line":"',
  '\u0000',
  '\u2028',
  '😀',
);
const text = fc
  .array(fc.oneof(tricky, fc.string({ unit: 'binary', maxLength: 8 })), { maxLength: 6 })
  .map(all => all.join(''));
const lineBytes = fc.oneof(
  text.map(each => Buffer.from(each)),
  fc.uint8Array({ maxLength: 40 }).map(each => Buffer.from(each)),
);
const name = fc.oneof(fc.constantFrom('job', 'cause', 'time', 'line', 'crc', '__proto__'), text);
const position = fc.oneof(
  fc.constant(undefined),
  fc.jsonValue({ maxDepth: 2 }),
  fc.constant({ line: 'x', cause: 'rejected', crc: '0' }),
);

const part = fc.record({
  lines: fc.array(lineBytes, { minLength: 1, maxLength: 5 }),
  labels: fc.array(fc.tuple(name, text), { maxLength: 3 }),
  source: text,
  position,
  sec: fc.nat(4_294_967_294),
  nanos: fc.nat(999_999_999),
  hasTimes: fc.boolean(),
});

type PartInit = typeof part extends fc.Arbitrary<infer P> ? P : never;

function partFrom({ lines, labels, source, position: end, sec, nanos, hasTimes }: PartInit): Part {
  const spans: number[] = [];
  let at = 0;
  for (const line of lines) {
    spans.push(at, at + line.length);
    at += line.length;
  }
  const stream = testStream(Object.fromEntries(labels));
  return {
    origin: { monitor: 'file', source },
    position: end as Part['position'],
    ...{ stream, labels: stream.labels, bytes: Buffer.concat(lines), spans: Uint32Array.from(spans) },
    ...{ from: 0, to: lines.length, base: { sec, nanos } },
    times: hasTimes ? Uint32Array.from(lines.flatMap((_, r) => [sec - (r % 2), nanos])) : undefined,
  };
}

function encode(batch: Batch, sink = 'loki'): Buffer {
  const encoder = new LetterEncoder(sink);
  const frames = encoder.frames(batch, reasonOf('overflow'));
  const pieces: Buffer[] = [];
  for (const piece of encoder.pieces(batch, frames)) pieces.push(Buffer.from(piece));
  const letters = Buffer.concat(pieces);
  assert.equal(exactLetterBytes(batch, frames), letters.length);
  assert.ok(maxLetterBytes(batch, frames) >= letters.length);
  return letters;
}

describe('a letter', () => {
  it('gives back every byte of its line, its time, its labels and its source, whatever they are', () => {
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 3 }), text, (inits, sink) => {
        const parts = inits.map(partFrom);
        const letters = encode(batchOf(...parts), sink);
        const reader = new LetterReader();
        let at = 0;
        for (const [p, each] of parts.entries()) {
          for (let r = 0; r < each.to; r++) {
            const end = letters.indexOf(10, at);
            assert.ok(isWhole(letters, at, end));
            assert.equal(LETTER_CAUSES[causeAt(letters, at, end)], 'overflow');
            const kin = reader.read(letters, at, end);
            assert.deepEqual(kin.labels.toMap(), each.stream.labels.toMap());
            assert.equal(kin.source, each.origin.source.toWellFormed());
            const line = Buffer.alloc(letters.length);
            const bytes = putUnescaped(line, 0, letters, reader.lineFrom, reader.lineTo);
            assert.deepEqual(line.subarray(0, bytes), inits[p]!.lines[r]);
            const expected = timeOf(each, r);
            assert.deepEqual([secondsAt(letters, reader.timeAt), nanosAt(letters, reader.timeAt)], expected);
            at = end + 1;
          }
        }
        assert.equal(at, letters.length);
      }),
    );
  });

  it('is JSON with everything that is known of it', () => {
    fc.assert(
      fc.property(part, text, (init, sink) => {
        const valid = { ...init, lines: init.lines.map(line => Buffer.from(line.toString())) };
        const [first = ''] = encode(batchOf(partFrom(valid)), sink)
          .toString()
          .split('\n');
        const letter = parseLetter(Buffer.from(first));
        assert.equal(letter.line, valid.lines[0]!.toString());
        assert.equal(letter.sink, sink);
        assert.deepEqual(letter.position, JSON.parse(JSON.stringify(init.position ?? null)));
        assert.equal(letter.last, new Date(NOW_MS).toISOString());
      }),
    );
  });

  it('may be longer than any buffer', () => {
    const lines = [Buffer.alloc(3_000_000, 'x'), Buffer.alloc(10, 1), Buffer.alloc(1_200_000, '"')];
    const letters = encode(
      batchOf(
        partFrom({
          lines,
          labels: [],
          source: '',
          position: null,
          sec: 1,
          nanos: 999_999_999,
          hasTimes: false,
        }),
      ),
    );
    const found = letters
      .toString()
      .trimEnd()
      .split('\n')
      .map(each => parseLetter(Buffer.from(each)));
    assert.deepEqual(
      found.map(({ line }) => line.length),
      [3_000_000, 10, 1_200_000],
    );
    assert.deepEqual(
      found.map(({ time }) => time),
      ['1970-01-01T00:00:01.999999999Z', '1970-01-01T00:00:02.000000000Z', '1970-01-01T00:00:02.000000001Z'],
    );
  });
});

function timeOf({ base, times }: Part, r: number): number[] {
  if (times !== undefined) return [times[2 * r]!, times[2 * r + 1]!];
  const nanos = base.nanos + r;
  return nanos < 1e9 ? [base.sec, nanos] : [base.sec + 1, nanos - 1e9];
}
