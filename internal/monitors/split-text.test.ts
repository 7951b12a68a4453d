import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isInNulStretch, NUL_STRETCH_BYTES } from './nul-stretches.ts';
import { splitText } from './split-text.ts';
import type { SplitOptions } from './splitter.ts';

interface Lines {
  readonly lines: string[];
  readonly nulBytes: number;
  readonly lostBytes: number;
}

const LIMITS: SplitOptions = { maxLineBytes: 50_000, longLine: 'truncate' };

/** Splits as a tailer does that reads up to `end` for each of `ends`. */
function splitInReads(bytes: Buffer, ends: readonly number[], room: number, options = LIMITS): Lines {
  const spans = new Uint32Array(room * 2);
  const lines: string[] = [];
  let [at, isCut, nulBytes, lostBytes] = [0, false, 0, 0];
  for (const end of [...ends, bytes.length]) {
    for (let isMore = at < end; isMore; ) {
      const isInNuls = !isCut && isInNulStretch(bytes, at);
      const state = { isCut, isFinal: end === bytes.length, isInNuls };
      const split = splitText(bytes, at, end, spans, state, options);
      for (let i = 0; i < split.records * 2; i += 2) {
        lines.push(shown(bytes.toString('latin1', spans[i], spans[i + 1])));
      }
      isMore = split.records === room;
      [at, isCut] = [split.consumed, split.isCut];
      nulBytes += split.nulBytes;
      lostBytes += split.lostBytes;
    }
  }
  assert.equal(at, bytes.length, 'everything is consumed in the end');
  return { lines, nulBytes, lostBytes };
}

/** Lines of the parts between stretches; the end of a part ends a line. */
function plainly(parts: readonly string[]): string[] {
  return parts.flatMap(part => {
    const lines = part.split('\n');
    const rest = lines.pop()!;
    const whole = lines.map(line => line.replace(/\r$/, ''));
    return rest === '' ? whole : [...whole, rest];
  });
}

const NUL = String.fromCharCode(0);
const nuls = (length: number): string => NUL.repeat(length);
const page = NUL_STRETCH_BYTES;
/** Long runs of NULs as their length, so that a failure can be read. */
const shown = (line: string): string => line.replaceAll(new RegExp(`${NUL}+`, 'g'), run => `<${run.length}>`);
const stretches = new RegExp(`${NUL}{${page},}`);
const piece = fc.oneof(
  fc.constantFrom('a', 'bc\n', '\n', 'd\r\n', nuls(1)),
  fc.constantFrom(300, page - 1, page, page + 1, 2 * page + 300, 3 * page).map(nuls),
);
const text = fc.array(piece, { maxLength: 12 }).map(pieces => pieces.join(''));
const cases = text.chain(value =>
  fc.tuple(
    fc.constant(value),
    fc.array(fc.nat({ max: value.length }), { maxLength: 6 }).map(ends => ends.sort((a, b) => a - b)),
  ),
);

describe('splitText', () => {
  it('ends a line at a page of NULs, skips them, and keeps fewer', () => {
    const bytes = Buffer.from(`one\ntw${nuls(page)}three\n${nuls(5)}four\n${nuls(page)}`);
    const lines = ['one', 'tw', 'three', '<5>four'];
    assert.deepEqual(splitInReads(bytes, [], 10), { lines, nulBytes: 2 * page, lostBytes: 0 });
  });

  it('gives the same lines however the bytes are split into reads, and counts every NUL it skips', () => {
    fc.assert(
      fc.property(cases, fc.integer({ min: 1, max: 4 }), ([value, ends], room) => {
        const found = splitInReads(Buffer.from(value), ends, room);
        const parts = value.split(stretches);
        assert.deepEqual(found.lines, plainly(parts).map(shown));
        assert.equal(found.nulBytes, value.length - parts.join('').length);
      }),
      { numRuns: 250 },
    );
  });

  it('gives the same lines, cuts and losses where lines are too long', () => {
    const limits = fc
      .constantFrom('truncate', 'drop')
      .map(longLine => ({ maxLineBytes: 100, longLine }) as const);
    fc.assert(
      fc.property(cases, limits, ([value, ends], options) => {
        const bytes = Buffer.from(value);
        const whole = splitInReads(bytes, [], 1000, options);
        assert.deepEqual(splitInReads(bytes, ends, 3, options), whole, `${shown(value)} ${ends}`);
      }),
      { numRuns: 500 },
    );
  });
});
