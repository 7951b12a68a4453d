import type { Batch } from './batch.ts';
import type { Chunk } from './chunk.ts';
import type { Json } from './json.ts';
import type { Outcome } from './outcome.ts';
import type { Receipt } from './receipt.ts';
import type { Instant } from './stream.ts';

export type { Json };

/** What `/health` says of one part of the house. */
export interface Health {
  readonly status: 'ok' | 'degraded' | 'failed';
  /** Why, in one sentence, when it is not `ok`. */
  readonly reason?: string;
  /** When the status last changed, in milliseconds since 1970. */
  readonly sinceMs: number;
  /** What went wrong last, whether or not it still does. */
  readonly lastError?: { readonly atMs: number; readonly message: string };
}

/**
 * A part of the house with a life. `app` calls, in this order: the constructor (pure, no I/O), `start` once,
 * and `close` once or more often, from any state: it is idempotent and leaves no timer, file or socket open.
 */
export interface Component {
  readonly name: string;
  start(): Promise<void>;
  close(): Promise<void>;
  health(): Health;
}

/** Reads sources. `stop` ends reading: after it resolves no chunk is published any more; `close` follows later. */
export interface Monitor extends Component {
  stop(): Promise<void>;
}

/** Where monitors put chunks. Resolves when there was room: waiting here is the backpressure. */
export interface Publisher {
  publish(chunk: Chunk): Promise<void>;
}

/**
 * One destination. Only the retry manager calls `send` (I6); it calls it again only after the promise settled,
 * never more than `workers` at a time, and per stream one at a time. `send` resolves with an `Outcome`; a
 * rejection is a bug in the sink and is treated as `retry` with kind `internal`. When `signal` is aborted the
 * sink gives up soon and still resolves.
 */
export interface Sink extends Component {
  send(batch: Batch, signal: AbortSignal): Promise<Outcome>;
}

/** A chunk that was under way: its end, and the times its records were given. */
export interface Passage<P extends Json = Json> {
  readonly end: P;
  readonly records: number;
  readonly base: Instant;
}

/**
 * The memory of one file or container. `position` is what every sink has settled; `pending` are the chunks
 * that were under way when the agent died, in order: read them again with the same bounds and times, so that
 * what is sent again is identical.
 */
export interface Track<P extends Json = Json, M extends Json = Json> {
  readonly key: string;
  /** What the monitor needs to recognise the source again; kept as given. */
  meta: M;
  readonly position: P | undefined;
  /** The end of what was opened or skipped last: whoever takes the track over in a running agent goes on there. */
  readonly readTo: P | undefined;
  /** In a running agent: only those that have not been opened again yet. */
  readonly pending: readonly Passage<P>[];
  /** The time after the last record that was ever opened here; times never go back across a restart. */
  readonly nextTime: Instant | undefined;
  /**
   * Opens a receipt for the chunk that ends at `passage.end`, in read order. Resolves when the passage is in the
   * journal, so that a killed agent repeats it exactly; rejects with `LC_STATE_UNWRITABLE` when the disk is full:
   * the monitor then waits (`Positions.writable`) and opens it again.
   */
  open(passage: Passage<P>): Promise<Receipt>;
  /** Moves the position to `end` where nothing is to be sent (a dropped line, an emptied file), in read order. */
  skip(end: P): void;
  /** Forgets the source: it is gone for good and all of it is settled. */
  forget(): void;
}

/** The positions store as monitors see it. */
export interface Positions {
  /** Every track of a kind that is remembered. */
  tracks<P extends Json, M extends Json>(kind: string): readonly Track<P, M>[];
  /** A new track; `key` must not be in use. `start` is its position before anything is read. */
  create<P extends Json, M extends Json>(kind: string, key: string, meta: M, start: P): Track<P, M>;
  /**
   * Resolves at once while the state directory can be written, else when it can be again. Rejects with
   * `LC_STATE_UNWRITABLE` once the store is closed.
   */
  writable(): Promise<void>;
}
