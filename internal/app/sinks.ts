import type { Clock } from '../../pkg/clock/clock.ts';
import { nodeFs } from '../../pkg/fsx/fs.ts';
import { parseSelector } from '../../pkg/logql/selector.ts';
import type { Sink } from '../../pkg/types/ports.ts';
import type { Config, SinkConfig } from '../config/config.ts';
import type { LaneOptions } from '../dispatcher/lane-options.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Logger } from '../selflog/logger.ts';
import { ConsoleSink } from '../sinks/console/sink.ts';
import { standardOutput } from '../sinks/console/standard-output.ts';
import { archiveMatcher } from '../sinks/file/archive-path.ts';
import { FileSink } from '../sinks/file/sink.ts';
import { KafkaSink } from '../sinks/kafka/sink.ts';
import { LokiSink } from '../sinks/loki/sink.ts';
import { version } from './version.ts';

/** What every sink may need. */
export interface SinkDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** The sink that a block of `sinks` describes. */
function makeSink(sink: SinkConfig, { clock, logger, metrics }: SinkDeps): Sink {
  if (sink.type === 'loki') {
    const options = { ...sink.options, name: sink.name, workers: sink.dispatch.workers };
    return new LokiSink(options, { clock, logger, metrics, version: version(), env: process.env });
  }
  if (sink.type === 'kafka')
    return new KafkaSink({ ...sink.options, name: sink.name }, { clock, logger, metrics });
  if (sink.type === 'file')
    return new FileSink({ ...sink.options, name: sink.name }, { fs: nodeFs, clock, logger });
  return new ConsoleSink({ ...sink.options, name: sink.name }, { clock, output: standardOutput });
}

/** Whether a sink of the config writes this file: to read it would never end. */
export function isArchive({ sinks }: Config, path: string): boolean {
  return sinks.some(sink => sink.type === 'file' && archiveMatcher(sink.options.path)(path));
}

/** All that the config says of one sink and its lane. */
export interface LaneConfig {
  readonly name: string;
  readonly sink: SinkConfig;
  readonly breaker: Config['dispatcher']['circuitBreaker'];
}

/** One for each sink. */
export function laneConfigs({ sinks, dispatcher }: Config): readonly LaneConfig[] {
  return sinks.map(sink => ({ name: sink.name, sink, breaker: dispatcher.circuitBreaker }));
}

/** One lane for each sink of the config. */
export function makeLanes(config: Config, deps: SinkDeps): LaneOptions[] {
  return laneConfigs(config).map(lane => makeLane(lane, deps));
}

/** The lane of one sink of the config. */
export function makeLane({ sink, breaker }: LaneConfig, deps: SinkDeps): LaneOptions {
  const { dispatch } = sink;
  const selector = sink.match === undefined ? undefined : parseSelector(sink.match);
  return {
    sink: makeSink(sink, deps),
    // A batch that could never be parked would stall its slot at the first failure.
    limits: {
      records: Math.min(dispatch.batchSize, dispatch.retryQueueSize),
      bytes: Math.min(dispatch.batchBytes, dispatch.retryQueueBytes),
      timeoutMs: dispatch.batchTimeoutMs,
    },
    copyMode: dispatch.copyMode,
    workers: dispatch.workers,
    backoff: {
      kind: dispatch.retryBackoff,
      delayMs: dispatch.retryDelayMs,
      maxDelayMs: dispatch.retryMaxDelayMs,
    },
    sendTimeoutMs: sendTimeoutOf(sink),
    breaker,
    errorStrategy: sink.errorStrategy,
    maxRetries: dispatch.maxRetries,
    overflow: dispatch.overflow,
    keepsOrder: dispatch.order === 'strict',
    retryQueueRecords: dispatch.retryQueueSize,
    retryQueueBytes: dispatch.retryQueueBytes,
    matches: selector && (labels => selector.matches(labels)),
  };
}

/** How long a sink may honestly take for one send. */
function sendTimeoutOf(sink: SinkConfig): number | undefined {
  if (sink.type === 'loki') return sink.options.timeoutMs;
  return sink.type === 'kafka' ? sink.options.deliveryTimeoutMs + sink.options.timeoutMs : undefined;
}
