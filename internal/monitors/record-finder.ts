import type { Encoding } from './encodings/encoding.ts';
import { encodingOf } from './encodings/encoding-of.ts';
import type { Records } from './encodings/records.ts';
import { type Joined, Multiline, type MultilineOptions } from './multiline/multiline.ts';
import { isInNulStretch } from './nul-stretches.ts';
import { splitText } from './split-text.ts';
import type { LongLine, SplitOptions } from './splitter.ts';

export interface RecordFinderOptions {
  /** As WHATWG calls it. */
  readonly encoding: string;
  readonly maxLineBytes: number;
  readonly longLine: LongLine;
  readonly multiline?: MultilineOptions | undefined;
  /** Lines taken from one read: the rest is left for the next. */
  readonly maxLines: number;
}

/** Where a read begins and ends. */
export interface ReadState {
  /** At the beginning of the source. */
  readonly isStart: boolean;
  /** Inside a line whose rest is to be dropped. */
  readonly isCut: boolean;
  /** Nothing will follow: what stands after the last newline is a line too. */
  readonly isFinal: boolean;
  /** No more can be read at once: what does not end here never will in one read. */
  readonly isFull: boolean;
  /** What waits for more lines has waited long enough. */
  readonly isDue: boolean;
}

/** What a read of a text gave. */
export interface FoundText extends Records {
  /** Where each line began in the text that was split, and */
  readonly lines: Uint32Array;
  /** the first line of each record; `undefined` where every line is a record. */
  readonly firstLines: Uint32Array | undefined;
  /** Index of the first record in the bytes that were read; `consumed` where there is none. */
  readonly start: number;
  /** Index after the last byte that is done with. What follows has to be read again, with more behind it. */
  readonly consumed: number;
  /** Whether `consumed` lies inside a line whose rest is to be dropped. */
  readonly isCut: boolean;
  /** More may be found at once, without more behind it. */
  readonly hasMore: boolean;
  /** The lines behind `consumed` are whole, and wait for others that may belong to them. */
  readonly isOpen: boolean;
  readonly cuts: number;
  readonly lostBytes: number;
  readonly nulBytes: number;
}

/**
 * Turns what was read of a source into records: decodes, splits into lines, joins lines. Records are valid UTF-8, and
 * stay where they were read wherever that is possible. How the bytes were split into reads makes no difference, as
 * long as each read goes on where the one before stopped, except where a record waits too long.
 */
export class RecordFinder {
  readonly #encoding: Encoding;
  readonly #multiline: Multiline | undefined;
  readonly #options: SplitOptions;
  /** Scratch for the lines of a read. */
  readonly #lines: Uint32Array;

  constructor({ encoding, multiline, maxLineBytes, longLine, maxLines }: RecordFinderOptions) {
    const its = encodingOf(encoding);
    this.#encoding = its;
    this.#multiline = multiline && new Multiline(multiline);
    const boundary = (text: Buffer, start: number, cut: number): number => its.boundary(text, start, cut);
    this.#options = { maxLineBytes, longLine, boundary };
    this.#lines = new Uint32Array(maxLines * 2);
  }

  /** Finds the records in `bytes[from … to)`. Before `from` stands what was read before, as far as it is known. */
  find(bytes: Buffer, from: number, to: number, state: ReadState): FoundText {
    const { isCut, isFinal } = state;
    const isInNuls = !isCut && isInNulStretch(bytes, from);
    const decoded = this.#encoding.decode?.(bytes, from, to, isFinal);
    const [text, first, end] =
      decoded === undefined ? [bytes, from, to] : [decoded.text, 0, decoded.text.length];
    const start = state.isStart && this.#encoding.hasMark ? behindMark(text, first, end) : first;
    const split = splitText(text, start, end, this.#lines, { isCut, isFinal, isInNuls }, this.#options);
    const lines = this.#lines.slice(0, split.records * 2);
    const hasMore = lines.length === this.#lines.length;
    const mustClose = split.isCut || state.isDue || (isFinal && split.consumed === end);
    const joined = this.#join(text, lines, mustClose, state.isFull || hasMore);
    const isOpen = joined.openLine < split.records;
    const rawIndex = (index: number): number => decoded?.rawIndex(index) ?? index;
    const consumed = rawIndex(isOpen ? lines[joined.openLine * 2]! : split.consumed);
    return {
      bytes: joined.bytes,
      spans: joined.spans,
      lines,
      firstLines: joined.firstLines,
      start: lines.length === 0 ? consumed : rawIndex(lines[0]!),
      consumed,
      isCut: split.isCut,
      hasMore,
      isOpen,
      cuts: split.cuts,
      lostBytes: split.lostBytes,
      nulBytes: split.nulBytes,
    };
  }

  /** The records that the lines are, and the line from which on they have to wait for more. */
  #join(
    text: Buffer,
    lines: Uint32Array,
    mustClose: boolean,
    isFull: boolean,
  ): Records & Pick<Joined, 'openLine'> & Partial<Joined> {
    const { bytes, spans } = this.#encoding.toUtf8(text, lines) ?? { bytes: text, spans: lines };
    const closed = lines.length / 2;
    if (this.#multiline === undefined) return { bytes, spans, openLine: closed };
    const joined = this.#multiline.join(bytes, spans);
    const isClosed = mustClose || joined.openLine === closed || (isFull && joined.openLine === 0);
    if (isClosed) return { ...joined, bytes, openLine: closed };
    return { ...joined, bytes, spans: joined.spans.subarray(0, -2) };
  }
}

/** Where the text begins behind a byte order mark, which is no part of it. */
function behindMark(text: Buffer, from: number, to: number): number {
  const hasMark = to - from >= 3 && text[from] === 0xef && text[from + 1] === 0xbb && text[from + 2] === 0xbf;
  return hasMark ? from + 3 : from;
}
