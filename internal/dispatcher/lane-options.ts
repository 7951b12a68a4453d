import type { LabelsCOW } from '../../pkg/types/labels-cow.ts';
import type { Sink } from '../../pkg/types/ports.ts';
import type { BackoffOptions } from './backoff.ts';
import type { BatchLimits } from './batch-processor.ts';

/**
 * Whose memory a sink is given (design section 4). safe: a copy of its own, made when it is tried first; until then, and
 * on the way to disk without an attempt, lines need none. optimized: the monitor's, which all lanes share.
 */
export type CopyMode = 'safe' | 'optimized';

/** One sink and how the dispatcher treats it; from the config, resolved per sink. */
export interface LaneOptions {
  readonly sink: Sink;
  readonly limits: BatchLimits;
  readonly copyMode: CopyMode;
  /** Sends in flight at the most. */
  readonly workers: number;
  /** How long the sink itself waits for an answer, where it says so. */
  readonly sendTimeoutMs?: number | undefined;
  readonly backoff: BackoffOptions;
  readonly breaker: { readonly failures: number; readonly resetMs: number };
  readonly errorStrategy: 'retry' | 'dlq' | 'fail_fast' | 'log_continue';
  /** Retries before a batch becomes dead letters. */
  readonly maxRetries: number;
  /**
   * Whether lines of a stream must arrive in the order in which they were read, whatever fails: what waits to be sent
   * again, in memory or on disk, holds its stream back. Else new lines need not wait for what failed.
   */
  readonly keepsOrder: boolean;
  /** What happens when the parking is full, and when the sink would hold up others. */
  readonly overflow: 'spill' | 'block' | 'drop_oldest';
  /** Bounds of the parking. */
  readonly retryQueueRecords: number;
  readonly retryQueueBytes: number;
  /** The sink's `match`; undefined: it wants everything. */
  readonly matches?: ((labels: LabelsCOW) => boolean) | undefined;
}
