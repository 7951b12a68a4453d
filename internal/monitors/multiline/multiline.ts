import { endingBytes } from '../encodings/records.ts';
import { type Grouping, StartGrouping, TraceGrouping } from './grouping.ts';
import { PRESETS, type Preset } from './presets.ts';

/** As the config gives it: `start` or `preset`. */
export interface MultilineOptions {
  readonly start: string | undefined;
  readonly preset: Preset | undefined;
  /** Lines in one record; more begin a new one. */
  readonly maxLines: number;
  /** Bytes in one record; more begin a new one. */
  readonly maxBytes: number;
}

/** Lines that were joined to records. */
export interface Joined {
  /** Spans of the records, from the beginning of their first line to the end of their last; newlines are in between. */
  readonly spans: Uint32Array;
  /** The first line of each record; more room than there are records. */
  readonly firstLines: Uint32Array;
  /** The first line of the last record where a line may follow that belongs to it; else the number of lines. */
  readonly openLine: number;
}

/** Joins the lines of a read to records. */
export class Multiline {
  readonly #options: MultilineOptions;
  readonly #grouping: Grouping;

  constructor(options: MultilineOptions) {
    const { start, preset } = options;
    this.#options = options;
    this.#grouping =
      preset === undefined ? new StartGrouping(start ?? '') : new TraceGrouping(PRESETS[preset]);
  }

  /** Joins the lines at `spans` in `bytes`; the first of them begins a record. Only whole, adjacent lines are joined. */
  join(bytes: Buffer, spans: Uint32Array): Joined {
    const { maxLines, maxBytes } = this.#options;
    const joined = new Uint32Array(spans.length);
    const firstLines = new Uint32Array(spans.length / 2);
    let [filled, first] = [0, 0];
    for (let i = 0; i < spans.length; i += 2) {
      const isFull = (i - first) / 2 >= maxLines || spans[i + 1]! - spans[first]! > maxBytes;
      const isApart = i === 0 || isFull || endingBytes(bytes, spans, i) === 0;
      if (!this.#grouping.follows(bytes, spans, i, isApart)) {
        joined[filled] = spans[i]!;
        firstLines[filled / 2] = i / 2;
        filled += 2;
        first = i;
      }
      joined[filled - 1] = spans[i + 1]!;
    }
    const isOpen =
      spans.length > 0 &&
      (spans.length - first) / 2 < maxLines &&
      this.#grouping.isOpen(bytes, spans, spans.length - 2);
    const openLine = (isOpen ? first : spans.length) / 2;
    return { spans: joined.slice(0, filled), firstLines, openLine };
  }
}
