import type { CharRange } from './syntax.ts';

/** One character in UTF-8, as a range for each of its bytes. */
export type ByteSequence = readonly CharRange[];

/** The last code point of each length in UTF-8. */
const LAST_OF_LENGTH = [0x7f, 0x7ff, 0xffff, 0x10ffff];
const SURROGATES: CharRange = [0xd800, 0xdfff];
const CONTINUATION_BITS = 6;

/** The byte sequences that are the UTF-8 of the code points in a range; surrogates have none. */
export function utf8Sequences([from, to]: CharRange): ByteSequence[] {
  if (from > to) return [];
  if (from < SURROGATES[0] && to >= SURROGATES[0]) {
    return [...utf8Sequences([from, SURROGATES[0] - 1]), ...utf8Sequences([SURROGATES[0], to])];
  }
  if (from >= SURROGATES[0] && from <= SURROGATES[1]) return utf8Sequences([SURROGATES[1] + 1, to]);
  const last = LAST_OF_LENGTH.find(limit => from <= limit)!;
  if (to > last) return [...utf8Sequences([from, last]), ...utf8Sequences([last + 1, to])];
  const split = splitPoint(from, to, LAST_OF_LENGTH.indexOf(last));
  if (split !== undefined) return [...utf8Sequences([from, split]), ...utf8Sequences([split + 1, to])];
  const [first, final] = [Buffer.from(String.fromCodePoint(from)), Buffer.from(String.fromCodePoint(to))];
  return [Array.from(first, (byte, i): CharRange => [byte, final[i]!])];
}

/** Where a range must be cut, so that in each part the bytes can be chosen independently of each other. */
function splitPoint(from: number, to: number, continuations: number): number | undefined {
  for (let i = 1; i <= continuations; i++) {
    const mask = 2 ** (CONTINUATION_BITS * i) - 1;
    if ((from & ~mask) === (to & ~mask)) continue;
    if ((from & mask) !== 0) return from | mask;
    if ((to & mask) !== mask) return (to & ~mask) - 1;
  }
  return undefined;
}
