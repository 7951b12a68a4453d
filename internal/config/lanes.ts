import { availableParallelism } from 'node:os';
import type { DispatcherConfig, LaneConfig, LaneOverrides } from '../dispatcher/spec.ts';
import type { SinkType } from './sinks.ts';

/** The settings of one lane: what the sink overrides, else the dispatcher's, with `auto` worked out for this type of sink. */
export function laneConfig(
  dispatcher: DispatcherConfig,
  overrides: LaneOverrides,
  type: SinkType,
): LaneConfig {
  const order = overrides.order ?? dispatcher.order;
  const workers = overrides.workers ?? dispatcher.workers;
  const retryQueueSize = overrides.retryQueueSize ?? dispatcher.retryQueueSize;
  return {
    workers: workers === 'auto' ? 2 * availableParallelism() : workers,
    batchSize: overrides.batchSize ?? dispatcher.batchSize,
    batchBytes: overrides.batchBytes ?? dispatcher.batchBytes,
    batchTimeoutMs: overrides.batchTimeoutMs ?? dispatcher.batchTimeoutMs,
    copyMode: overrides.copyMode ?? dispatcher.copyMode,
    maxRetries: overrides.maxRetries ?? dispatcher.maxRetries,
    retryDelayMs: overrides.retryDelayMs ?? dispatcher.retryDelayMs,
    retryBackoff: overrides.retryBackoff ?? dispatcher.retryBackoff,
    retryMaxDelayMs: overrides.retryMaxDelayMs ?? dispatcher.retryMaxDelayMs,
    retryQueueSize:
      retryQueueSize === 'auto' ? Math.max(1, Math.floor(dispatcher.queueSize / 10)) : retryQueueSize,
    retryQueueBytes: overrides.retryQueueBytes ?? dispatcher.retryQueueBytes,
    // Loki sorts lines by their times itself.
    order: order === 'auto' ? (type === 'loki' ? 'fresh' : 'strict') : order,
    overflow: overrides.overflow ?? dispatcher.overflow,
  };
}
