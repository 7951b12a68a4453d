import type { Records } from './encodings/records.ts';
import type { OutputName } from './formats/entry-reader.ts';
import type { OutputPlaces } from './formats/output-place.ts';
import type { ReadState, RecordFinder } from './record-finder.ts';

/** Records of one read that belong to one stream. */
export interface Run extends Records {
  /** Which output of a container wrote them; `undefined` where the lines of a source do not say. */
  readonly output?: OutputName;
  /** `[sec, nanos, …]` where records have times of their own; 0, 0 for one that has none. */
  readonly times?: Uint32Array;
  /** The bytes are used again for the next read: who keeps the run has to copy them. */
  readonly isScratch?: boolean;
}

/** Where a read stands in its source. */
export interface ReadPlace {
  /** Of the byte at which the read begins. */
  readonly offset: number;
  /** Where the outputs of a container go on, if not both there. */
  readonly outputs: OutputPlaces | undefined;
  /** Where a passage ends that is to be found again just as it was. */
  readonly until: OutputPlaces | undefined;
}

/** What a read gave. */
export interface Found {
  readonly runs: readonly Run[];
  /** Index of the first record in the bytes that were read; `consumed` where there is none. */
  readonly start: number;
  /** Index after the last byte that is done with. What follows has to be read again, with more behind it. */
  readonly consumed: number;
  /** Whether `consumed` lies inside a line whose rest is to be dropped. */
  readonly isCut: boolean;
  /** Where the outputs of a container go on, if not both at `consumed`. */
  readonly outputs?: OutputPlaces | undefined;
  /** Whether the passage was found again. */
  readonly isPassage?: boolean;
  /** More may be found at once, without more behind it. */
  readonly hasMore: boolean;
  /** The lines behind `consumed` wait for others that may belong to them. */
  readonly isOpen: boolean;
  readonly cuts: number;
  readonly lostBytes: number;
  readonly nulBytes: number;
  /** Lines that are not what the format says, and were taken as they are. */
  readonly malformed: number;
}

/** Turns what was read of a source into records. Works between two awaits only: it has one scratch for all files. */
export interface Finder {
  /** Whether records may lie behind `consumed`: then a passage is found by `until`, else by the end of the read. */
  readonly looksAhead: boolean;
  /** Finds the records in `bytes[from … to)`. Before `from` stands what was read before, as far as it is known. */
  find(bytes: Buffer, from: number, to: number, state: ReadState, place: ReadPlace): Found;
}

/** Every line is text. */
export class TextFinder implements Finder {
  readonly looksAhead = false;
  readonly #records: RecordFinder;

  constructor(records: RecordFinder) {
    this.#records = records;
  }

  find(bytes: Buffer, from: number, to: number, state: ReadState): Found {
    const found = this.#records.find(bytes, from, to, state);
    const runs = found.spans.length === 0 ? [] : [{ bytes: found.bytes, spans: found.spans }];
    return { ...found, runs, malformed: 0 };
  }
}
