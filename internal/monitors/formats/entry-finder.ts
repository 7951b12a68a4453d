import type { Finder, Found, ReadPlace, Run } from '../finder.ts';
import { isInNulStretch } from '../nul-stretches.ts';
import type { FoundText, ReadState, RecordFinder } from '../record-finder.ts';
import { splitText } from '../split-text.ts';
import type { SplitOptions } from '../splitter.ts';
import { type EntryReader, OUTPUTS } from './entry-reader.ts';
import { bothAt, type OutputPlace, unlessBothAt } from './output-place.ts';
import { OutputText } from './output-text.ts';

export interface EntryFinderOptions {
  readonly reader: EntryReader;
  /** Finds the records in what an output wrote. */
  readonly records: RecordFinder;
  /** How entries are split: the longest one, and what becomes of longer ones. */
  readonly entries: SplitOptions;
  readonly maxEntries: number;
  /** The longest read. */
  readonly readBytes: number;
  /** A line that is not ended when its output has been quiet for so long, by the times of the log, is one. */
  readonly timeoutMs: number;
}

const [CR, LF] = [13, 10];
/** Lines that end without a newline get one. */
const MARGIN_BYTES = 1024;

/** What one output has of a read. */
interface OutputFound {
  readonly text: OutputText;
  readonly found: FoundText;
  readonly place: OutputPlace;
  readonly cuts: number;
}

/**
 * Finds the records in a log of entries: takes the entries apart into what each output wrote, and finds lines in that,
 * so that pieces join by themselves. How the bytes were split into reads makes no difference, as long as each read
 * goes on at the places where the one before stopped, except where a record waits too long.
 */
export class EntryFinder implements Finder {
  readonly looksAhead = true;
  readonly #options: EntryFinderOptions;
  /** Scratch for the entries of a read, */
  readonly #entries: Uint32Array;
  /** and for what each output wrote. */
  readonly #texts: readonly OutputText[];
  /** Of the last entry that has a time. */
  #sec = 0;
  #nanos = 0;

  constructor(options: EntryFinderOptions) {
    const { maxEntries, readBytes } = options;
    this.#options = options;
    this.#entries = new Uint32Array(maxEntries * 2);
    this.#texts = OUTPUTS.map(() => new OutputText(readBytes + MARGIN_BYTES, maxEntries));
  }

  find(bytes: Buffer, from: number, to: number, state: ReadState, place: ReadPlace): Found {
    const { isCut, isFinal } = state;
    const isInNuls = !isCut && isInNulStretch(bytes, from);
    const split = splitText(
      bytes,
      from,
      to,
      this.#entries,
      { isCut, isFinal, isInNuls },
      this.#options.entries,
    );
    const hasMore = split.records * 2 === this.#entries.length;
    const origin = place.offset - from;
    const isPassage = place.until?.every(each => isBehind(split.consumed + origin, each)) ?? false;
    const places = place.outputs ?? bothAt(place.offset);
    for (const [o, text] of this.#texts.entries()) {
      text.begin(places[o]!, isPassage ? place.until![o] : undefined, origin);
    }
    const malformed = this.#takeApart(bytes, to, split.records);
    const isStuck = (state.isFull || hasMore) && !isPassage;
    const read = { state, isPassage, isStuck, rawFrom: from, rawEnd: split.consumed, origin };
    const outputs = this.#texts.map(text => this.#findIn(text, read));
    const ends = isPassage ? place.until! : (outputs.map(each => each.place) as [OutputPlace, OutputPlace]);
    const consumed = Math.min(...ends.map(({ offset }) => offset)) - origin;
    const sum = (count: (each: OutputFound) => number): number =>
      outputs.reduce((all, each) => all + count(each), 0);
    return {
      runs: outputs.flatMap(({ text, found }, o) => runOf(text, found, o)),
      start: from,
      consumed,
      isCut: split.isCut && consumed === split.consumed,
      outputs: unlessBothAt(consumed + origin, ends),
      isPassage,
      hasMore: hasMore || outputs.some(({ found }) => found.hasMore),
      isOpen: consumed < split.consumed,
      cuts: split.cuts + sum(each => each.cuts),
      lostBytes: split.lostBytes + sum(({ found }) => found.lostBytes),
      nulBytes: split.nulBytes + sum(({ found }) => found.nulBytes),
      malformed,
    };
  }

  /** Writes what each output wrote to its text; returns how many lines are no entries: they are text of stdout. */
  #takeApart(bytes: Buffer, to: number, records: number): number {
    const { reader } = this.#options;
    const entries = this.#entries;
    reader.begin();
    this.#sec = 0;
    this.#nanos = 0;
    let malformed = 0;
    for (let i = 0; i < records * 2; i += 2) {
      const from = entries[i]!;
      const end = entries[i + 1]!;
      // A carriage return before the newline belongs to the text.
      const entryEnd = end + 1 < to && bytes[end] === CR && bytes[end + 1] === LF ? end + 1 : end;
      const isEntry = reader.read(bytes, from, entryEnd);
      const text = this.#texts[isEntry ? reader.output : 0]!;
      if (!text.wants(from)) continue;
      if (isEntry && reader.isTimed) {
        this.#sec = reader.sec;
        this.#nanos = reader.nanos;
      }
      let textEnd = isEntry ? reader.put(text.bytes, text.length) : -1;
      if (textEnd === -1) {
        textEnd = putLine(text, bytes, from, entryEnd);
        malformed++;
      }
      text.add(from, textEnd, this.#sec, this.#nanos);
    }
    return malformed;
  }

  #findIn(text: OutputText, read: ReadOfOutputs): OutputFound {
    const { state, isPassage } = read;
    const isOverdue = text.secondsBefore(this.#sec, this.#nanos) * 1000 > this.#options.timeoutMs;
    const isDue = isPassage || state.isFinal || state.isDue || isOverdue;
    const first = this.#close(text, read, isDue);
    if (isDue || !read.isStuck || text.isAhead(first.place, read.rawFrom + read.origin)) return first;
    // It does not end in as much as can be read at once.
    const closed = this.#close(text, read, true);
    return { ...closed, cuts: closed.cuts + 1 };
  }

  /** With `isDue` what is left open is a record, too. */
  #close(text: OutputText, { rawEnd, origin }: ReadOfOutputs, isDue: boolean): OutputFound {
    const state = { isStart: false, isCut: text.isCut, isFinal: isDue, isFull: false, isDue };
    const found = this.#options.records.find(text.bytes, 0, text.length, state);
    const place = text.place(found.consumed, found.isCut, rawEnd, origin);
    return { text, found, place, cuts: found.cuts };
  }
}

interface ReadOfOutputs {
  readonly state: ReadState;
  readonly isPassage: boolean;
  /** Nothing more will come while nothing is consumed. */
  readonly isStuck: boolean;
  readonly rawFrom: number;
  readonly rawEnd: number;
  /** Of index 0 in the file. */
  readonly origin: number;
}

function isBehind(end: number, { offset, skip }: OutputPlace): boolean {
  return skip > 0 ? offset < end : offset <= end;
}

function putLine(text: OutputText, bytes: Buffer, from: number, to: number): number {
  bytes.copy(text.bytes, text.length, from, to);
  const end = text.length + to - from;
  text.bytes[end] = LF;
  return end + 1;
}

/** The records of an output; where they are text as it was written, they stand in scratch. */
function runOf(text: OutputText, found: FoundText, output: number): Run[] {
  const { bytes, spans } = found;
  if (spans.length === 0) return [];
  const times = text.times(found);
  return [{ bytes, spans, output: OUTPUTS[output]!, times, isScratch: bytes === text.bytes }];
}
