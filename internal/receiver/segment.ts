import { grown } from './push-table.ts';

/** Entries of one segment; an entry's number is `segment * SEGMENT_ENTRIES + index`. */
export const SEGMENT_ENTRIES = 8192;

const FIRST_TEXT_BYTES = 32 * 1024;

/**
 * A run of stored entries in columns: the lines one after the other in `text`, and for each its end, stream,
 * time and hash. about 24 bytes an entry besides its line. Filled once, then dropped as a whole.
 */
export class Segment {
  readonly maxTextBytes: number;
  count = 0;
  text: Buffer = Buffer.allocUnsafeSlow(FIRST_TEXT_BYTES);
  readonly end = new Uint32Array(SEGMENT_ENTRIES);
  readonly stream = new Uint32Array(SEGMENT_ENTRIES);
  readonly sec = new Float64Array(SEGMENT_ENTRIES);
  readonly nanos = new Uint32Array(SEGMENT_ENTRIES);
  readonly hash = new Uint32Array(SEGMENT_ENTRIES);
  /** Seconds of its oldest and newest entry. */
  minSec = Number.POSITIVE_INFINITY;
  maxSec = Number.NEGATIVE_INFINITY;

  constructor(maxTextBytes: number) {
    this.maxTextBytes = maxTextBytes;
  }

  /** Memory it keeps alive. */
  get heldBytes(): number {
    return this.text.length + SEGMENT_ENTRIES * 24;
  }

  hasRoom(lineBytes: number): boolean {
    if (this.count === SEGMENT_ENTRIES) return false;
    return this.count === 0 || this.startOf(this.count) + lineBytes <= this.maxTextBytes;
  }

  startOf(index: number): number {
    return index === 0 ? 0 : this.end[index - 1]!;
  }

  /** The line of an entry, as a view. */
  line(index: number): Buffer {
    return this.text.subarray(this.startOf(index), this.end[index]!);
  }

  /** Copies an entry in; `hasRoom` said yes. */
  push(stream: number, sec: number, nanos: number, hash: number, line: Buffer): void {
    const index = this.count++;
    const start = this.startOf(index);
    this.#reserve(start + line.length);
    this.text.set(line, start);
    this.end[index] = start + line.length;
    this.stream[index] = stream;
    this.sec[index] = sec;
    this.nanos[index] = nanos;
    this.hash[index] = hash;
    if (sec < this.minSec) this.minSec = sec;
    if (sec > this.maxSec) this.maxSec = sec;
  }

  #reserve(bytes: number): void {
    if (bytes <= this.text.length) return;
    const wanted = Math.max(bytes, Math.min(this.text.length * 2, this.maxTextBytes));
    this.text = grown(this.text, Buffer.allocUnsafeSlow(wanted));
  }
}
