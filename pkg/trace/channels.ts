import { type Channel, channel } from 'node:diagnostics_channel';

/** A chunk was published: one read of one source. */
export interface ChunkRead {
  readonly monitor: string;
  readonly source: string;
  readonly records: number;
  readonly bytes: number;
}

/** Something happened to a batch on its way to one sink. */
export interface BatchEvent {
  readonly sink: string;
  /** Names the batch in all that happens to it, also in the debug log; its pieces have the same. */
  readonly trace: string;
  readonly records: number;
  readonly bytes: number;
}

/** An attempt has ended. */
export interface BatchSent extends BatchEvent {
  /** 1 is the first. */
  readonly attempt: number;
  /** `delivered`, `retry`, `rejected` or `split`: what the sink said. */
  readonly outcome: string;
  readonly seconds: number;
}

/** A batch, or what is left of it, is settled as `delivered`, `stored` (it is a dead letter) or `discarded`. */
export interface BatchSettled extends BatchEvent {
  readonly outcome: string;
}

/**
 * Hooks for tracing, by `node:diagnostics_channel`: `channel('log-capturer:batch.sent').subscribe(…)` in a module that
 * `NODE_OPTIONS=--import=…` loads. Nothing is done for a line; where nobody listens, hardly anything for a batch.
 */
export const CHANNELS = {
  chunkRead: channel('log-capturer:chunk.read'),
  batchSent: channel('log-capturer:batch.sent'),
  batchParked: channel('log-capturer:batch.parked'),
  batchStored: channel('log-capturer:batch.stored'),
  batchSettled: channel('log-capturer:batch.settled'),
} as const satisfies Record<string, Channel>;
