import type { Clock } from '../clock/clock.ts';

export interface QueueOptions<T> {
  readonly maxRecords: number;
  readonly maxBytes: number;
  /** Bytes from which on `MemoryLow` is told. Default: 80 % of `maxBytes`. */
  readonly memoryThresholdBytes?: number;
  readonly clock: Clock;
  /** Called once for each message when every consumer has acknowledged it. Quick; does not throw. */
  readonly onFree?: (data: T) => void;
}

export interface ConsumerOptions {
  /** Start at the oldest message that is still held (default), or with the next one that is published. */
  readonly from?: 'oldest' | 'newest';
  /** `on-read` (default): at most once. `explicit`: at least once, by `acknowledge`. */
  readonly acknowledge?: 'on-read' | 'explicit';
}
