import type { Clock } from '../../pkg/clock/clock.ts';
import type { MultiConsumerQueue } from '../../pkg/queue/multi-consumer-queue.ts';
import type { Chunk } from '../../pkg/types/chunk.ts';
import type { DeadLetters } from '../../pkg/types/dead-letters.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Logger } from '../selflog/logger.ts';
import type { Slot } from './slot.ts';

/** Stop 5 as a lane (`L`) sees it: `RetryManagerV2`, which serves all lanes. */
export interface Attempts<L> {
  /** Starts what may start in this lane. */
  dispatch(lane: L): void;
  /** Moves what stalls a slot out of the way of other sinks. Returns whether there was something. */
  relieve(lane: L, slot: Slot): boolean;
  /** Pumps the lane at this time, on the monotonic clock, or a little later. */
  wakeAt(lane: L, atMs: number): void;
}

/** What a lane (`L`) works with. */
export interface LaneParts<L> {
  readonly queue: MultiConsumerQueue<Chunk>;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly deadLetters: DeadLetters;
  readonly retries: Attempts<L>;
  /** Whether what this lane has not taken yet fills the queue, and others could go on without it. */
  readonly isInTheWay: (lane: L) => boolean;
  /** The queue is full, and not for this lane: those who hold it up should look to it. */
  readonly onHeldUp: (lane: L) => void;
  readonly onFatal: (error: unknown) => undefined;
}
