import { LETTER_CAUSES } from '../../pkg/types/dead-letters.ts';
import { type Pairs, Ranges } from './ranges.ts';

/** Letters by cause (its number in `LETTER_CAUSES`): how many, and their bytes on disk. */
export class Tally {
  readonly records = LETTER_CAUSES.map(() => 0);
  readonly bytes = LETTER_CAUSES.map(() => 0);

  add(cause: number, records: number, bytes: number): void {
    this.records[cause]! += records;
    this.bytes[cause]! += bytes;
  }

  addAll(other: Tally, sign: 1 | -1 = 1): void {
    for (let cause = 0; cause < this.records.length; cause++)
      this.add(cause, sign * other.records[cause]!, sign * other.bytes[cause]!);
  }

  get total(): number {
    return this.records.reduce((sum, records) => sum + records, 0);
  }
}

/**
 * One file of letters, as memory knows it: never a list of its letters, only counts, and ranges of those that are
 * not simply waiting. Letters are named by the offset of their first byte.
 */
export class Segment {
  readonly number: number;
  readonly path: string;
  /** Up to here the file is whole and durable. */
  bytes = 0;
  /** Whether it is being written. */
  isActive: boolean;
  /** Letters that are not done. */
  readonly live = new Tally();
  /** Delivered after all, purged, or damaged. */
  readonly done = new Ranges();
  /** In chunks under way. */
  readonly out = new Ranges();
  /** Asked for by a person, whatever their cause. */
  readonly requested = new Ranges();
  /** Of `done` and `requested`, what the companion file does not hold yet. */
  readonly unsavedDone = new Ranges();
  readonly unsavedRequested = new Ranges();
  /** Whether a part of it is damaged and there is no copy of that yet. */
  holdsEvidence = false;
  /** Letters that may go now: live, not out, of a cause that goes by itself or asked for. */
  takeable = 0;
  /** No letter before this offset may go. */
  cursor = 0;
  /** When the first and the last letter were put aside. */
  firstMs = Number.POSITIVE_INFINITY;
  lastMs = Number.NEGATIVE_INFINITY;

  constructor(number: number, path: string, isActive: boolean) {
    this.number = number;
    this.path = path;
    this.isActive = isActive;
  }

  /** Whether nothing in it is of use any more. */
  get isSpent(): boolean {
    return this.live.total === 0 && this.out.isEmpty && !this.holdsEvidence;
  }

  /** Letters were written, the last ones at `atMs`. */
  extend(bytes: number, cause: number, records: number, atMs: number): void {
    this.bytes += bytes;
    this.live.add(cause, records, bytes);
    this.seen(atMs);
  }

  /** A letter was put aside at this time. */
  seen(atMs: number): void {
    this.firstMs = Math.min(this.firstMs, atMs);
    this.lastMs = Math.max(this.lastMs, atMs);
  }

  /** Letters are done for good. */
  finish(letters: Pairs, tally: Tally): void {
    this.done.add(letters);
    this.unsavedDone.add(letters);
    this.live.addAll(tally, -1);
  }

  /** Letters that were out wait again. */
  takeBack(letters: Pairs, records: number): void {
    this.out.remove(letters);
    this.takeable += records;
    this.cursor = Math.min(this.cursor, letters[0] ?? this.cursor);
  }

  /** A person wants these to go; `records` of them could not before. */
  request(letters: Pairs, records: number): void {
    this.requested.add(letters);
    this.unsavedRequested.add(letters);
    this.takeable += records;
    this.cursor = Math.min(this.cursor, letters[0] ?? this.cursor);
  }
}
