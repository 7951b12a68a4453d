import type { Origin } from './chunk.ts';
import type { Json } from './json.ts';
import type { LabelsCOW } from './labels-cow.ts';
import type { Instant, Stream } from './stream.ts';

/**
 * A run of records of one chunk inside a batch. `bytes` is lent (shared with the chunk) or owned (a copy)
 * depending on the batch's copy mode. Record r of the part is `bytes[spans[2r] … spans[2r+1])`, for
 * `from ≤ r < to`; its time is `times[2r]`, `times[2r+1]`, or `base` + r nanoseconds.
 */
export interface Part {
  /** Where its chunk came from and ended; for dead letters. */
  readonly origin: Origin;
  readonly position: Json | undefined;
  readonly stream: Stream;
  readonly labels: LabelsCOW;
  readonly bytes: Buffer;
  readonly spans: Uint32Array;
  readonly from: number;
  readonly to: number;
  readonly base: Instant;
  readonly times: Uint32Array | undefined;
}

/**
 * What travels to one sink in one call of `send`. In optimized mode (`isOwned` false) a sink must not write
 * to it and must keep no view of it after its promise has settled; in safe mode it may do as it likes.
 * Records are numbered 0 … records-1 through the parts in order.
 */
export interface Batch {
  /** Grows with each batch of a lane: the order in which its lines were read. */
  readonly sequence: number;
  readonly parts: readonly Part[];
  readonly records: number;
  /** Bytes of all its lines. */
  readonly bytes: number;
  /** 1 at the first attempt. A sink may see the same batch again, with the same bytes and times. */
  readonly attempt: number;
  readonly isOwned: boolean;
}
