import { Dispatcher } from '../../internal/dispatcher/dispatcher.ts';
import type { LaneOptions } from '../../internal/dispatcher/lane.ts';
import { MetricsRegistry } from '../../internal/metrics/registry.ts';
import { silentLogger } from '../../internal/selflog/logger.ts';
import { ManualClock } from '../../pkg/clock/manual-clock.ts';
import { ScriptedSink } from './scripted-sink.ts';

export interface HarnessOptions {
  readonly queueRecords?: number;
  readonly queueBytes?: number;
  /** One lane a sink; each may change the defaults below. */
  readonly lanes?: readonly Partial<LaneOptions>[];
}

/** A dispatcher on a manual clock with scripted sinks: the pipeline tests' subject. */
export function dispatcherHarness(options: HarnessOptions = {}) {
  const clock = new ManualClock();
  const metrics = new MetricsRegistry();
  const fatal: unknown[] = [];
  const lanes = (options.lanes ?? [{}]).map((lane, index) => laneOptions(lane, `sink${index}`));
  const dispatcher = new Dispatcher({
    queueRecords: options.queueRecords ?? 1000,
    queueBytes: options.queueBytes ?? 1 << 20,
    ...{ lanes, clock, metrics, logger: silentLogger, checkLending: true },
    onFatal: error => fatal.push(error),
  });
  const sinks = lanes.map(lane => lane.sink as ScriptedSink);
  return { clock, metrics, dispatcher, sinks, sink: sinks[0]!, fatal };
}

function laneOptions(lane: Partial<LaneOptions>, name: string): LaneOptions {
  return {
    sink: new ScriptedSink(name),
    limits: { records: 10, bytes: 1 << 16, timeoutMs: 1000 },
    copyMode: 'optimized',
    workers: 1,
    backoff: { kind: 'linear', delayMs: 1000, maxDelayMs: 30_000 },
    breaker: { failures: 3, resetMs: 10_000 },
    retryQueueRecords: 100,
    retryQueueBytes: 1 << 16,
    ...lane,
  };
}
