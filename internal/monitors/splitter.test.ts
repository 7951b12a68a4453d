import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type LongLine, type Split, type SplitOptions, splitLines } from './splitter.ts';

interface Lines {
  readonly lines: string[];
  readonly cuts: number;
  readonly lostBytes: number;
}

/** Splits `bytes` as a tailer does that reads up to `end` for each of `ends`, with room for `room` spans a call. */
function splitInReads(bytes: Buffer, ends: readonly number[], room: number, options: SplitOptions): Lines {
  const spans = new Uint32Array(room * 2);
  const lines: string[] = [];
  const total = { cuts: 0, lostBytes: 0 };
  let [at, isCut] = [0, false];
  for (const end of [...ends, bytes.length, bytes.length]) {
    const isFinal = end === bytes.length;
    let split: Split;
    do {
      split = splitLines(bytes, at, end, spans, { isCut, isFinal }, options);
      for (let i = 0; i < split.records * 2; i += 2) {
        lines.push(bytes.toString('latin1', spans[i], spans[i + 1]));
      }
      [at, isCut] = [split.consumed, split.isCut];
      total.cuts += split.cuts;
      total.lostBytes += split.lostBytes;
    } while (split.records === room);
  }
  assert.equal(at, bytes.length, 'everything is consumed in the end');
  return { lines, ...total };
}

/** The same in the plainest way; for text of one byte a character. */
function splitPlainly(text: string, { maxLineBytes, longLine }: SplitOptions): string[] {
  const whole = text.split('\n');
  const rest = whole.pop()!;
  const lines = whole.map(line => (line.endsWith('\r') ? line.slice(0, -1) : line));
  if (rest !== '') lines.push(rest);
  return lines.flatMap(line => {
    if (line.length <= maxLineBytes) return [line];
    if (longLine === 'drop') return [];
    if (longLine === 'truncate') return [line.slice(0, maxLineBytes)];
    const pieces: string[] = [];
    for (let i = 0; i < line.length; i += maxLineBytes) pieces.push(line.slice(i, i + maxLineBytes));
    return pieces;
  });
}

const WAYS: readonly LongLine[] = ['truncate', 'split', 'drop'];
const longLine = fc.constantFrom(...WAYS);
const options = fc.record({ maxLineBytes: fc.integer({ min: 1, max: 9 }), longLine });
const text = fc
  .array(fc.constantFrom('a', 'b', '\r', '\n', '\n'), { maxLength: 80 })
  .map(all => all.join(''));
const cutsOf = (length: number): fc.Arbitrary<number[]> =>
  fc.array(fc.nat({ max: length }), { maxLength: 12 }).map(ends => ends.sort((a, b) => a - b));

describe('splitLines', () => {
  it('finds lines, empty ones too, and leaves out LF and CRLF', () => {
    const found = splitInReads(Buffer.from('one\r\n\ntwo\n\r\nthree'), [], 100, {
      maxLineBytes: 100,
      longLine: 'truncate',
    });
    assert.deepEqual(found, { lines: ['one', '', 'two', '', 'three'], cuts: 0, lostBytes: 0 });
  });

  it('leaves a last line without newline for the next read', () => {
    const spans = new Uint32Array(10);
    const state = { isCut: false, isFinal: false };
    const split = splitLines(Buffer.from('one\ntw'), 0, 6, spans, state, {
      maxLineBytes: 9,
      longLine: 'truncate',
    });
    assert.deepEqual(split, { records: 1, consumed: 4, isCut: false, cuts: 0, lostBytes: 0 });
  });

  it('does not look behind the end of what was read', () => {
    const state = { isCut: false, isFinal: false };
    const limits = { maxLineBytes: 9, longLine: 'truncate' } as const;
    const split = splitLines(Buffer.from('one\nstale\n'), 0, 6, new Uint32Array(10), state, limits);
    assert.equal(split.consumed, 4);
  });

  it('treats lines just below, at and above the longest length as configured, and counts', () => {
    const bytes = Buffer.from('aaaa\nbbbbb\ncccccc\nd\n');
    const by = (longLine: LongLine): Lines => splitInReads(bytes, [], 100, { maxLineBytes: 5, longLine });
    assert.deepEqual(by('truncate'), { lines: ['aaaa', 'bbbbb', 'ccccc', 'd'], cuts: 1, lostBytes: 1 });
    assert.deepEqual(by('split'), { lines: ['aaaa', 'bbbbb', 'ccccc', 'c', 'd'], cuts: 1, lostBytes: 0 });
    assert.deepEqual(by('drop'), { lines: ['aaaa', 'bbbbb', 'd'], cuts: 1, lostBytes: 6 });
  });

  it('does not cut a UTF-8 character in two', () => {
    const bytes = Buffer.from('aä€😀b\n');
    for (let maxLineBytes = 4; maxLineBytes < bytes.length; maxLineBytes++) {
      const spans = new Uint32Array(20);
      const limits = { maxLineBytes, longLine: 'split' } as const;
      const split = splitLines(bytes, 0, bytes.length, spans, { isCut: false, isFinal: false }, limits);
      const pieces = Array.from({ length: split.records }, (_, i) =>
        bytes.toString('utf8', spans[2 * i], spans[2 * i + 1]),
      );
      assert.equal(pieces.join(''), 'aä€😀b');
    }
  });

  it('needs no more than one read of a line of any length', () => {
    const spans = new Uint32Array(4);
    const read = Buffer.alloc(64, 'x');
    let isCut = false;
    let lostBytes = 0;
    for (let i = 0; i < 1000; i++) {
      const state = { isCut, isFinal: false };
      const split = splitLines(read, 0, 64, spans, state, { maxLineBytes: 60, longLine: 'truncate' });
      assert.equal(split.consumed, 64);
      assert.equal(split.records, i === 0 ? 1 : 0);
      isCut = split.isCut;
      lostBytes += split.lostBytes;
    }
    assert.equal(lostBytes, 64_000 - 60);
  });

  it('gives the same lines, cuts and losses however the bytes are split into reads', () => {
    const cases = text.chain(value => fc.tuple(fc.constant(value), cutsOf(value.length)));
    fc.assert(
      fc.property(cases, fc.integer({ min: 1, max: 5 }), options, ([value, ends], room, limits) => {
        const bytes = Buffer.from(value);
        const found = splitInReads(bytes, ends, room, limits);
        assert.deepEqual(found.lines, splitPlainly(value, limits));
        assert.deepEqual(found, splitInReads(bytes, [], 1000, limits));
      }),
      { numRuns: 2000 },
    );
  });

  it('gives the same lines of any bytes however they are split', () => {
    const bytes = fc.uint8Array({ maxLength: 60 }).map(array => Buffer.from(array));
    const cases = bytes.chain(value => fc.tuple(fc.constant(value), cutsOf(value.length)));
    const limits = fc.record({ maxLineBytes: fc.integer({ min: 4, max: 20 }), longLine });
    fc.assert(
      fc.property(cases, limits, ([value, ends], limit) => {
        assert.deepEqual(splitInReads(value, ends, 3, limit), splitInReads(value, [], 1000, limit));
      }),
      { numRuns: 1000 },
    );
  });

  it('repeats a read exactly when its bytes are given again as a whole', () => {
    const cases = text.chain(value => fc.tuple(fc.constant(value), fc.nat({ max: value.length })));
    fc.assert(
      fc.property(cases, fc.integer({ min: 1, max: 5 }), options, ([value, to], room, limits) => {
        const bytes = Buffer.from(value);
        const [first, again] = [new Uint32Array(room * 2), new Uint32Array(room * 2)];
        const split = splitLines(bytes, 0, to, first, { isCut: false, isFinal: false }, limits);
        const state = { isCut: false, isFinal: true };
        const repeated = splitLines(bytes, 0, split.consumed, again, state, limits);
        assert.equal(repeated.records, split.records);
        assert.equal(repeated.consumed, split.consumed);
        assert.deepEqual(again.subarray(0, split.records * 2), first.subarray(0, split.records * 2));
        if (limits.longLine !== 'split') assert.equal(repeated.isCut, split.isCut);
      }),
      { numRuns: 2000 },
    );
  });
});
