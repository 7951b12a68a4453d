/**
 * A power cut can leave pages of zeros where text should be. So many NULs in a row are no text: they end the line
 * before them, are skipped and counted. Fewer are kept as they are.
 */
export const NUL_STRETCH_BYTES = 4096;

/** Places `[start … end)` in a text. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

const ZEROS = Buffer.alloc(NUL_STRETCH_BYTES);
/** So many NULs before a position say that it lies in a stretch of them. */
const PROOF_BYTES = 256;

/**
 * The first stretch in `bytes[from … to)`. Looks at one byte of every page only: none that is long enough can lie
 * between two of them.
 */
export function findNulStretch(bytes: Buffer, from: number, to: number): Stretch | undefined {
  for (let at = from + NUL_STRETCH_BYTES - 1; at < to; at += NUL_STRETCH_BYTES) {
    if (bytes[at] !== 0) continue;
    const start = startOfNuls(bytes, from, at);
    const end = endOfNuls(bytes, at, to);
    if (end - start >= NUL_STRETCH_BYTES) return { start, end };
  }
  return undefined;
}

/**
 * Whether a position at index `at` lies in a stretch that an earlier read began with. Also said of a piece of a line
 * that was split there, where it ends with so many NULs: what follows of them is skipped and counted, too.
 */
export function isInNulStretch(bytes: Buffer, at: number): boolean {
  return at >= PROOF_BYTES && ZEROS.compare(bytes, at - PROOF_BYTES, at, 0, PROOF_BYTES) === 0;
}

/** Where the NULs that begin at `at` end. */
export function endOfNuls(bytes: Buffer, at: number, to: number): number {
  let end = at;
  while (end + ZEROS.length <= to && ZEROS.compare(bytes, end, end + ZEROS.length) === 0) end += ZEROS.length;
  while (end < to && bytes[end] === 0) end++;
  return end;
}

/** Where the NULs that end at `to` begin. */
export function startOfNuls(bytes: Buffer, from: number, to: number): number {
  let start = to;
  while (start > from && bytes[start - 1] === 0) start--;
  return start;
}
