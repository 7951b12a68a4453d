import { type Cursor, checkOf } from './cursor.ts';
import type { LineBuffer } from './line-buffer.ts';

/** Lines that are kept back until it is sure whether they are known; more than this, and their number decides. */
const MAX_PROOF_BYTES = 4 * 1024 * 1024;

/**
 * Takes out of one output stream what a new connection gives again: all before the cursor's mark, then as many lines
 * as were read behind it, if they are the same. One for each connection.
 */
export class Replay {
  readonly #cursor: Cursor | undefined;
  #stage: 'seeking' | 'proving' | 'past';
  /** Known lines that have not been seen yet, and whether those seen are beyond doubt. */
  #left: number;
  #isSure = false;

  constructor(cursor: Cursor | undefined) {
    this.#cursor = cursor;
    this.#stage = cursor === undefined ? 'past' : 'seeking';
    this.#left = cursor?.lines ?? 0;
  }

  /** Whether lines that are there may still turn out to be known. */
  get isProving(): boolean {
    return this.#stage === 'proving';
  }

  /**
   * Drops the whole lines at the beginning of `lines` that are known; says how many. Where it is `isProving` afterwards,
   * those that are left have to wait for more.
   */
  trim(lines: LineBuffer): number {
    const cursor = this.#cursor;
    if (cursor === undefined || this.#stage === 'past') return 0;
    let trimmed = 0;
    if (this.#stage === 'seeking') {
      trimmed = linesBefore(lines, cursor);
      lines.drop(trimmed);
      if (lines.count === 0) return trimmed;
      this.#stage = 'proving';
    }
    return trimmed + this.#prove(lines, cursor);
  }

  #prove(lines: LineBuffer, cursor: Cursor): number {
    const known = Math.min(lines.count, this.#left);
    const isUnknown = !this.#isSure && !beginsAt(lines, cursor);
    if (isUnknown || linesUpTo(lines, known, cursor) < known) {
      this.#stage = 'past';
      return 0;
    }
    const isAll = known === this.#left;
    if (!isAll && lines.heldBytes <= MAX_PROOF_BYTES) return 0;
    if (isAll) this.#stage = 'past';
    if (isAll && !this.#isSure && checkOf(lines, 0, known, 0) !== cursor.check) return 0;
    this.#isSure = true;
    this.#left -= known;
    lines.drop(known);
    return known;
  }
}

function beginsAt({ times, first }: LineBuffer, { sec, nanos }: Cursor): boolean {
  return times[2 * first] === sec && times[2 * first + 1] === nanos;
}

/** How many whole lines at the beginning are older than the cursor's mark. */
function linesBefore({ times, first, count }: LineBuffer, { sec, nanos }: Cursor): number {
  let line = 0;
  while (line < count && isBefore(times, 2 * (first + line), sec, nanos)) line++;
  return line;
}

/** How many of the first `count` whole lines, up to the first that is not, are at most as old as the mark. */
function linesUpTo({ times, first }: LineBuffer, count: number, { sec, nanos }: Cursor): number {
  let line = 0;
  while (line < count && isBefore(times, 2 * (first + line), sec, nanos + 1)) line++;
  return line;
}

function isBefore(times: Uint32Array, at: number, sec: number, nanos: number): boolean {
  return times[at]! < sec || (times[at] === sec && times[at + 1]! < nanos);
}
