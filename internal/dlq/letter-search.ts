import type { Fs } from '../../pkg/fsx/fs.ts';
import { LETTER_CAUSES, type LetterCause } from '../../pkg/types/dead-letters.ts';
import { ifThere } from './files.ts';
import { parseLetter } from './letter.ts';
import { causeAt } from './letter-format.ts';
import { readLetters } from './letter-pages.ts';
import type { Segment } from './segment.ts';

/** Which letters a person means; what is left out does not matter. */
export interface LetterFilter {
  readonly sink?: string | undefined;
  readonly cause?: LetterCause | undefined;
  /** Put aside then or later, in milliseconds since 1970. */
  readonly sinceMs?: number | undefined;
  /** As `letterId` names them. */
  readonly ids?: readonly string[] | undefined;
  /** So many, oldest first, sink by sink. */
  readonly limit?: number | undefined;
}

/** The segments of one sink. */
export interface Shelved {
  readonly sink: string;
  readonly segments: readonly Segment[];
}

/** A letter that was found. The same object again and again: good only while it is visited. */
export interface Found {
  bytes: Buffer;
  from: number;
  to: number;
  /** In the segment: the letter's name there. */
  offset: number;
  /** Number in `LETTER_CAUSES`. */
  cause: number;
}

/** `loki:3:4711`: sink, segment, and where in it. */
export function letterId(sink: string, segment: Segment, offset: number): string {
  return `${sink}:${segment.number}:${offset}`;
}

/** Whether the filter leaves nothing out. */
export function isEverything({ sink, cause, sinceMs, ids, limit }: LetterFilter): boolean {
  return [sink, cause, sinceMs, ids, limit].every(each => each === undefined);
}

/** What a filter still lets through, over several segments. */
export class LetterSearch {
  readonly #filter: LetterFilter;
  readonly #cause: number;
  readonly #ids: ReadonlySet<string> | undefined;
  #left: number;

  constructor(filter: LetterFilter) {
    this.#filter = filter;
    this.#cause = filter.cause === undefined ? -1 : LETTER_CAUSES.indexOf(filter.cause);
    this.#ids = filter.ids && new Set(filter.ids);
    this.#left = filter.limit ?? Number.POSITIVE_INFINITY;
  }

  wants(sink: string): boolean {
    return this.#left > 0 && (this.#filter.sink === undefined || this.#filter.sink === sink);
  }

  /**
   * Calls `visit` for each letter of the segment that is wanted and not done. A segment that is gone has none. Rejects
   * with the system's error.
   */
  async visit(fs: Fs, sink: string, segment: Segment, visit: (found: Found) => void): Promise<void> {
    const file = await ifThere(fs.open(segment.path, 'r'));
    if (file === undefined) return;
    try {
      for await (const { bytes, offset, letters } of readLetters(file, 0, segment.bytes)) {
        const found: Found = { bytes, from: 0, to: 0, offset: 0, cause: 0 };
        for (let i = 0; i < letters.length && this.#left > 0; i += 2) {
          found.from = letters[i]!;
          found.to = letters[i + 1]!;
          found.offset = offset + found.from;
          if (segment.done.endAt(found.offset) >= 0 || !this.#isWanted(sink, segment, found)) continue;
          this.#left--;
          visit(found);
        }
      }
    } finally {
      await file.close();
    }
  }

  #isWanted(sink: string, segment: Segment, found: Found): boolean {
    const { bytes, from, to } = found;
    found.cause = causeAt(bytes, from, to);
    if (this.#cause >= 0 && found.cause !== this.#cause) return false;
    if (this.#ids?.has(letterId(sink, segment, found.offset)) === false) return false;
    const { sinceMs } = this.#filter;
    return sinceMs === undefined || Date.parse(parseLetter(bytes.subarray(from, to)).last) >= sinceMs;
  }
}
