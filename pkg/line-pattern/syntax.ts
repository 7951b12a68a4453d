/** A range of code points, both ends included. */
export type CharRange = readonly [from: number, to: number];

export type Assertion = 'start' | 'end' | 'word-boundary' | 'no-word-boundary';

/** What a pattern says, without what only matters to who wants the matched text. */
export type Syntax =
  | { readonly kind: 'chars'; readonly ranges: readonly CharRange[] }
  | { readonly kind: 'assert'; readonly assertion: Assertion }
  | { readonly kind: 'sequence'; readonly items: readonly Syntax[] }
  | { readonly kind: 'choice'; readonly items: readonly Syntax[] }
  | { readonly kind: 'repeat'; readonly item: Syntax; readonly min: number; readonly max: number };

export const MAX_CODE_POINT = 0x10ffff;
export const ANY: readonly CharRange[] = [[0, MAX_CODE_POINT]];
export const DIGIT: readonly CharRange[] = [[0x30, 0x39]];
export const SPACE: readonly CharRange[] = [
  [0x09, 0x0d],
  [0x20, 0x20],
];
export const WORD: readonly CharRange[] = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
];

/** Every code point that is in none of `ranges`. */
export function inverted(ranges: readonly CharRange[]): CharRange[] {
  const left: CharRange[] = [];
  let next = 0;
  for (const [from, to] of [...ranges].sort((a, b) => a[0] - b[0])) {
    if (from > next) left.push([next, from - 1]);
    next = Math.max(next, to + 1);
  }
  if (next <= MAX_CODE_POINT) left.push([next, MAX_CODE_POINT]);
  return left;
}

const CASE_DISTANCE = 0x20;

/** The ranges with the other case of every ASCII letter in them. */
export function anyCase(ranges: readonly CharRange[]): readonly CharRange[] {
  const more: CharRange[] = [];
  for (const [from, to] of ranges) {
    more.push(
      ...overlap(from, to, 0x41, 0x5a, CASE_DISTANCE),
      ...overlap(from, to, 0x61, 0x7a, -CASE_DISTANCE),
    );
  }
  return [...ranges, ...more];
}

function overlap(from: number, to: number, low: number, high: number, shift: number): CharRange[] {
  const [first, last] = [Math.max(from, low), Math.min(to, high)];
  return first <= last ? [[first + shift, last + shift]] : [];
}
