import type { Part } from '../../pkg/types/batch.ts';
import type { RecordFormat } from './record-format.ts';

/** A part of a batch, and the number that its first record has there. */
export interface NumberedPart {
  readonly part: Part;
  readonly first: number;
}

/** What is written with one call, unless a single line is longer. */
const PIECE_BYTES = 256 * 1024;
const NEWLINE = 0x0a;

/** The records of some parts as lines, a piece at a time, and what of them has been written. */
export class LineFeed {
  readonly #parts: readonly NumberedPart[];
  readonly #format: RecordFormat;
  /** Where the next piece begins: this record of this part. */
  #part = 0;
  #record: number;
  /** Records in the pieces so far, and in those of them that were written. */
  #given = 0;
  #written = 0;

  constructor(parts: readonly NumberedPart[], format: RecordFormat) {
    this.#parts = parts;
    this.#format = format;
    this.#record = parts[0]?.part.from ?? 0;
  }

  get isAtEnd(): boolean {
    return this.#part === this.#parts.length;
  }

  /** Size of the buffer that `next` needs. */
  get scratchBytes(): number {
    let longest = PIECE_BYTES;
    for (const { part } of this.#parts)
      for (let r = part.from; r < part.to; r++)
        longest = Math.max(longest, this.#format.maxBytes(part, r) + 1);
    return longest;
  }

  /**
   * Writes the next records, those that fit into `roomBytes`, to the front of `scratch`, and returns how many bytes
   * they are. With `isForced`, at least one record, however long it is.
   */
  next(scratch: Buffer, roomBytes: number, isForced: boolean): number {
    let at = 0;
    while (!this.isAtEnd) {
      const { part } = this.#parts[this.#part]!;
      if (at + this.#format.maxBytes(part, this.#record) >= scratch.length) break;
      let end = this.#format.put(scratch, at, part, this.#record);
      scratch[end++] = NEWLINE;
      if (end > roomBytes && !(isForced && at === 0)) break;
      at = end;
      this.#step(part);
    }
    return at;
  }

  /** All pieces so far are where they belong. */
  written(): void {
    this.#written = this.#given;
  }

  /** The numbers of the records that have not been written, ascending. */
  rest(): Uint32Array {
    const numbers: number[] = [];
    let before = 0;
    for (const { part, first } of this.#parts) {
      const skipped = Math.max(0, this.#written - before);
      for (let r = part.from + skipped; r < part.to; r++) numbers.push(first + r - part.from);
      before += part.to - part.from;
    }
    return Uint32Array.from(numbers);
  }

  #step(part: Part): void {
    this.#given++;
    this.#record++;
    if (this.#record < part.to) return;
    this.#part++;
    this.#record = this.#parts[this.#part]?.part.from ?? 0;
  }
}

/** The parts of a batch with their numbers. */
export function numberedParts(parts: readonly Part[]): NumberedPart[] {
  let first = 0;
  return parts.map(part => {
    const numbered = { part, first };
    first += part.to - part.from;
    return numbered;
  });
}
