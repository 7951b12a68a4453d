import type { FoundText } from '../record-finder.ts';
import type { OutputPlace } from './output-place.ts';

/** What is kept of an entry: where its text begins, where it was read, its time in seconds and nanoseconds. */
const FIELDS = 4;
const [TEXT, RAW, SEC, NANOS] = [0, 1, 2, 3];

/** What one output wrote, as far as it stands in one read: a text in which lines are found as in any other. */
export class OutputText {
  readonly bytes: Buffer;
  length = 0;
  /** Inside a line whose rest is to be dropped. */
  isCut = false;
  readonly #entries: Uint32Array;
  #filled = 0;
  /** The entry from which it goes on, as an index into the bytes that were read, and what is done of its text. */
  #from = 0;
  #skip = 0;
  /** The entry with which it ends, and how much of its text belongs to it. */
  #until = 0;
  #untilSkip = 0;

  constructor(bytes: number, maxEntries: number) {
    this.bytes = Buffer.allocUnsafeSlow(bytes);
    this.#entries = new Uint32Array(maxEntries * FIELDS);
  }

  /** Forgets all; the next read has its index 0 at `origin` in the file. */
  begin(place: OutputPlace, until: OutputPlace | undefined, origin: number): void {
    this.length = 0;
    this.#filled = 0;
    this.isCut = place.isCut;
    this.#from = place.offset - origin;
    this.#skip = place.skip;
    this.#until = until === undefined ? Number.POSITIVE_INFINITY : until.offset - origin;
    this.#untilSkip = until?.skip ?? 0;
  }

  /** Whether the entry that was read at `raw` is to be added. */
  wants(raw: number): boolean {
    return raw >= this.#from && (raw < this.#until || (raw === this.#until && this.#untilSkip > 0));
  }

  /** Adds an entry whose text was written to `bytes` behind what is there, up to `end`. */
  add(raw: number, end: number, sec: number, nanos: number): void {
    const { length } = this;
    const at = this.#filled;
    this.#entries[at + TEXT] = length;
    this.#entries[at + RAW] = raw;
    this.#entries[at + SEC] = sec;
    this.#entries[at + NANOS] = nanos;
    this.#filled += FIELDS;
    const to = raw === this.#until ? length + this.#untilSkip : end;
    const from = raw === this.#from ? length + this.#skip : length;
    if (from > length) this.bytes.copyWithin(length, from, to);
    this.length = to - (from - length);
  }

  /** How many seconds before a time the last entry was written. */
  secondsBefore(sec: number, nanos: number): number {
    const last = this.#filled - FIELDS;
    return sec - this.#entries[last + SEC]! + (nanos - this.#entries[last + NANOS]!) / 1e9;
  }

  /** Where the text goes on that has been dealt with up to `consumed`, when the read has up to `rawEnd`. */
  place(consumed: number, isCut: boolean, rawEnd: number, origin: number): OutputPlace {
    if (consumed === this.length) return { offset: Math.max(rawEnd, this.#from) + origin, skip: 0, isCut };
    let at = this.#filled - FIELDS;
    while (this.#entries[at + TEXT]! > consumed) at -= FIELDS;
    const skip = consumed - this.#entries[at + TEXT]! + this.#doneOf(at);
    return { offset: this.#entries[at + RAW]! + origin, skip, isCut };
  }

  /** Whether a place is behind `offset`, and behind where this text began. */
  isAhead(place: OutputPlace, offset: number): boolean {
    return place.offset > offset || place.skip > this.#skip;
  }

  /**
   * The time of each record: that of the entry in which it begins, and as many nanoseconds more as it begins behind the
   * entry's beginning. Entries that follow each other with one time get a nanosecond each: Loki takes two equal lines of
   * one time for one.
   */
  times({ spans, lines, firstLines }: FoundText): Uint32Array {
    const entries = this.#entries;
    const times = new Uint32Array(spans.length);
    let at = 0;
    let repeats = 0;
    for (let i = 0; i < spans.length; i += 2) {
      const start = lines[firstLines === undefined ? i : firstLines[i / 2]! * 2]!;
      const before = at;
      while (at + FIELDS < this.#filled && entries[at + FIELDS + TEXT]! <= start) at += FIELDS;
      if (at !== before) repeats = this.#hasTimeOf(at, before) ? repeats + 1 : 0;
      const sec = entries[at + SEC]!;
      if (sec === 0) continue;
      const nanos = entries[at + NANOS]! + repeats + start - entries[at + TEXT]! + this.#doneOf(at);
      times[i] = nanos < 1e9 ? sec : sec + 1;
      times[i + 1] = nanos < 1e9 ? nanos : nanos - 1e9;
    }
    return times;
  }

  #hasTimeOf(at: number, other: number): boolean {
    const entries = this.#entries;
    return entries[at + SEC] === entries[other + SEC] && entries[at + NANOS] === entries[other + NANOS];
  }

  /** How much of the text of an entry was done with before. */
  #doneOf(at: number): number {
    return this.#entries[at + RAW] === this.#from ? this.#skip : 0;
  }
}
