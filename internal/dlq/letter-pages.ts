import type { File } from '../../pkg/fsx/fs.ts';
import { BRACE, CRC_BYTES, CRC_HEAD, isWhole, LINE_HEAD, NEWLINE, QUOTE } from './letter-format.ts';
import { pushRange } from './ranges.ts';

/** So much is read at a time; a letter that is longer takes more. */
export const PAGE_BYTES = 512 * 1024;
/** What has no newline for so long is no letter, whatever else it is. */
const MAX_LETTER_BYTES = 256 * 1024 * 1024;

/** A stretch of a segment: letters whose checksum is right, and what is none. Good until the next one is asked for. */
export interface LetterPage {
  readonly bytes: Buffer;
  /** Where `bytes` begins in the file. */
  readonly offset: number;
  /** `[from0, to0, …]` in `bytes`, newlines left out. */
  readonly letters: readonly number[];
  /** `[from0, to0, …]` in `bytes`: torn or damaged. */
  readonly damaged: readonly number[];
}

/**
 * Reads the letters of `file[from … to)`, where `from` is the start of a line. A line that is no letter may hold one
 * all the same, where only the newline before or behind it was hit: it is looked for. Memory: `page`, or the longest
 * stretch without a newline.
 */
export async function* readLetters(
  file: File,
  from: number,
  to: number,
  page: Buffer = Buffer.allocUnsafeSlow(Math.min(PAGE_BYTES, Math.max(to - from, 1))),
): AsyncGenerator<LetterPage, void> {
  let buffer: Buffer = page;
  let filled = 0;
  let offset = from;
  for (let isEnd = false; !isEnd; ) {
    const wanted = Math.min(buffer.length - filled, to - offset - filled);
    const { bytesRead } = await file.read(buffer, filled, wanted, offset + filled);
    filled += bytesRead;
    isEnd = bytesRead === 0 || offset + filled === to;
    const content = buffer.subarray(0, filled);
    let used = isEnd ? filled : content.lastIndexOf(NEWLINE) + 1;
    if (used === 0 && filled >= MAX_LETTER_BYTES) used = filled;
    if (used > 0) yield split(content.subarray(0, used), offset);
    if (used === 0 && filled === buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2);
    else buffer.copyWithin(0, used, filled);
    offset += used;
    filled -= used;
  }
}

function split(bytes: Buffer, offset: number): LetterPage {
  const letters: number[] = [];
  const damaged: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, at);
    const end = newline < 0 ? bytes.length : newline;
    if (isWhole(bytes, at, end)) letters.push(at, end);
    else search(bytes, at, newline < 0 ? end : end + 1, letters, damaged);
    at = end + 1;
  }
  return { bytes, offset, letters, damaged };
}

/** Finds the letters within a damaged line, newline included; all else of it is damage. */
function search(bytes: Buffer, from: number, to: number, letters: number[], damaged: number[]): void {
  let at = from;
  for (let crcAt = bytes.indexOf(CRC_HEAD, at); crcAt >= 0 && crcAt < to; ) {
    const end = crcAt + CRC_BYTES;
    const start = end > to ? -1 : startOf(bytes, at, end);
    if (start >= 0) {
      if (start > at) pushRange(damaged, at, start);
      letters.push(start, end);
      // The byte behind a letter is its newline, or what became of it.
      at = Math.min(end + 1, to);
    }
    crcAt = bytes.indexOf(CRC_HEAD, crcAt + 1);
  }
  if (at < to) pushRange(damaged, at, to);
}

/** Where the letter that ends at `end` begins, at `from` or later; -1 when there is none. */
function startOf(bytes: Buffer, from: number, end: number): number {
  if (bytes[end - 1] !== BRACE || bytes[end - 2] !== QUOTE) return -1;
  if (isWhole(bytes, from, end)) return from;
  const last = bytes.lastIndexOf(LINE_HEAD, end);
  if (last >= from && isWhole(bytes, last, end)) return last;
  const first = bytes.indexOf(LINE_HEAD, from);
  return first >= from && first < end && isWhole(bytes, first, end) ? first : -1;
}
