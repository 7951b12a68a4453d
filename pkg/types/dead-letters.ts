import type { Batch } from './batch.ts';
import type { Chunk } from './chunk.ts';
import type { FailureKind } from './outcome.ts';

/**
 * Why a letter is dead. The first three failed for no fault of their own and go again by themselves once their sink is
 * healthy; the others were refused for what they are and wait for a person.
 */
export const LETTER_CAUSES = ['overflow', 'shutdown', 'retries_exhausted', 'rejected', 'too_large'] as const;
export type LetterCause = (typeof LETTER_CAUSES)[number];

/** What is said of all records of a batch, or of some of them, when they become letters. */
export interface LetterReason {
  readonly cause: LetterCause;
  /** The failure's kind and the sink's own words; absent where the sink was never asked. */
  readonly kind?: FailureKind;
  readonly message?: string;
  readonly attempts: number;
  /** First and last attempt, or when it was put aside, in milliseconds since 1970. */
  readonly firstAtMs: number;
  readonly lastAtMs: number;
}

/** What became of a call of `store`. Nothing is lost when it is not `stored`: the caller still has the batch. */
export type StoreResult =
  /** Every record is on disk, after fdatasync (I2). */
  | 'stored'
  /** The bounds are reached and `on_full` is `block`: try again when `room` resolves. */
  | 'full'
  /** The disk refuses; `health` says why: try again when `room` resolves. */
  | 'unwritable';

/** The dead-letter queue as lanes see it. */
export interface DeadLetters {
  /** Writes every record of `batch` as a letter of `sink`. The batch is read only before the promise settles. */
  store(sink: string, batch: Batch, reason: LetterReason): Promise<StoreResult>;
  /** Resolves when it is worth calling `store` again. */
  room(sink: string): Promise<void>;
  /** Letters of `sink` that may go by themselves: 0 when nothing waits or `replay` is `manual`. Cheap. */
  replayable(sink: string): number;
  /**
   * The next letters of `sink` that may go, oldest first, as one chunk a stream, at most `bytes` and `records` in all;
   * empty when there are none. They stay on disk until their chunk's receipt is settled; a chunk that is released
   * unsettled comes again later.
   */
  take(sink: string, limits: { readonly records: number; readonly bytes: number }): Promise<readonly Chunk[]>;
}
