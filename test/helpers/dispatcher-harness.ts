import { Dispatcher } from '../../internal/dispatcher/dispatcher.ts';
import type { LaneOptions } from '../../internal/dispatcher/lane-options.ts';
import { DeadLetterQueue } from '../../internal/dlq/dead-letter-queue.ts';
import type { DlqConfig } from '../../internal/dlq/spec.ts';
import { MetricsRegistry } from '../../internal/metrics/registry.ts';
import { silentLogger } from '../../internal/selflog/logger.ts';
import { ManualClock } from '../../pkg/clock/manual-clock.ts';
import type { Fs } from '../../pkg/fsx/fs.ts';
import { StreamRegistry } from '../../pkg/types/stream.ts';
import { MemoryFs } from './memory-fs.ts';
import { ScriptedSink } from './scripted-sink.ts';

export interface HarnessOptions {
  readonly queueRecords?: number;
  readonly queueBytes?: number;
  /** One lane a sink; each may change the defaults below. */
  readonly lanes?: readonly Partial<LaneOptions>[];
  readonly dlq?: Partial<DlqConfig>;
  /** What is on disk: hand the `fs` of another harness on to see what comes after a restart. */
  readonly fs?: Fs;
  /** From the first batch on the test answers what sinks are sent. */
  readonly manual?: boolean;
  /** Where the dead letters are. */
  readonly dir?: string;
}

/** A dispatcher on a manual clock with scripted sinks and a real dead-letter queue: the pipeline tests' subject. */
export async function dispatcherHarness(options: HarnessOptions = {}) {
  const clock = new ManualClock();
  const metrics = new MetricsRegistry();
  const { fs = new MemoryFs(), dir = '/dlq' } = options;
  const fatal: unknown[] = [];
  const failedFast: string[] = [];
  const deadLetters = new DeadLetterQueue({
    ...{ dir, fs, clock, metrics, logger: silentLogger, streams: new StreamRegistry() },
    config: { ...DLQ, ...options.dlq },
  });
  await deadLetters.start();
  const lanes = (options.lanes ?? [{}]).map((lane, index) => laneOptions(lane, `sink${index}`));
  const dispatcher = new Dispatcher({
    bounds: { records: options.queueRecords ?? 1000, bytes: options.queueBytes ?? 1 << 20 },
    ...{ lanes, clock, metrics, deadLetters, logger: silentLogger, checkLending: true },
    onFailFast: sink => failedFast.push(sink),
    onFatal: error => fatal.push(error),
  });
  const sinks = lanes.map(lane => lane.sink as ScriptedSink);
  for (const sink of sinks) sink.manual = options.manual ?? false;
  await dispatcher.start();
  return { clock, metrics, dispatcher, deadLetters, fs, sinks, sink: sinks[0]!, fatal, failedFast };
}

const DLQ: DlqConfig = {
  maxBytes: 1 << 30,
  maxAgeMs: 7 * 86_400_000,
  segmentBytes: 64 << 20,
  onFull: 'block',
  replay: 'auto',
};

/** Options of a lane that is added or changed later. */
export function laneOptions(lane: Partial<LaneOptions>, name: string): LaneOptions {
  return {
    sink: new ScriptedSink(name),
    limits: { records: 10, bytes: 1 << 16, timeoutMs: 1000 },
    copyMode: 'optimized',
    workers: 1,
    backoff: { kind: 'linear', delayMs: 1000, maxDelayMs: 30_000 },
    breaker: { failures: 3, resetMs: 10_000 },
    errorStrategy: 'retry',
    maxRetries: 1000,
    overflow: 'spill',
    keepsOrder: false,
    retryQueueRecords: 100,
    retryQueueBytes: 1 << 16,
    ...lane,
  };
}
