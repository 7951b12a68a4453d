import type { Clock } from '../../../pkg/clock/clock.ts';
import type { Positions, Publisher, Track } from '../../../pkg/types/ports.ts';
import type { StreamRegistry } from '../../../pkg/types/stream.ts';
import type { Counter, Metrics } from '../../metrics/metrics.ts';
import type { Logger } from '../../selflog/logger.ts';
import type { DockerPosition } from './cursor.ts';
import type { EngineClient } from './engine-client.ts';
import type { FileReads } from './file-reads.ts';
import type { DockerEngineConfig } from './spec.ts';

/** What is remembered to know a container again. */
export type ContainerMeta = {
  readonly engine: string;
  readonly id: string;
  readonly name: string;
  /** When it had ended, as the engine says, when its log was read to the end; `null` where there may be more. */
  readonly finishedAt: string | null;
};

/** The memory of one container. */
export type ContainerTrack = Track<DockerPosition, ContainerMeta>;

/** What one engine's parts share: its options, where its lines go, and what is counted on the way. */
export interface EngineContext {
  readonly config: DockerEngineConfig;
  readonly fileReads: FileReads;
  readonly client: EngineClient;
  readonly positions: Positions;
  readonly publisher: Publisher;
  readonly streams: StreamRegistry;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly counters: EngineCounters;
  /** Aborted when the monitor stops. */
  readonly stopping: AbortSignal;
  /** 0 … 1, for the jitter of retries. */
  readonly random: () => number;
}

export interface EngineCounters {
  readonly records: Counter;
  readonly bytes: Counter;
  readonly linesCut: Counter;
  readonly bytesCut: Counter;
  readonly bytesDamaged: Counter;
  readonly linesRemoved: Counter;
  readonly reconnects: Counter;
  readonly trimmed: Counter;
  readonly unreadable: Counter;
  readonly badTimes: Counter;
  readonly badFrames: Counter;
  readonly removed: Counter;
  readonly damaged: Counter;
}

export function engineCounters(metrics: Metrics, source: string): EngineCounters {
  const error = (kind: string): Counter => metrics.counter('docker_errors_total', { source, kind });
  return {
    records: metrics.counter('logs_read_total', { monitor: 'docker', source }),
    bytes: metrics.counter('logs_read_bytes_total', { monitor: 'docker', source }),
    linesCut: metrics.counter('lines_cut_total', { source }),
    bytesCut: metrics.counter('logs_lost_bytes_total', { source, reason: 'line_too_long' }),
    bytesDamaged: metrics.counter('logs_lost_bytes_total', { source, reason: 'damaged' }),
    linesRemoved: metrics.counter('logs_lost_total', { source, reason: 'container_removed' }),
    reconnects: metrics.counter('docker_reconnects_total', { source }),
    trimmed: metrics.counter('docker_replayed_lines_total', { source }),
    unreadable: error('unreadable'),
    badTimes: error('timestamp'),
    badFrames: error('frame'),
    removed: error('removed_unread'),
    damaged: error('damaged'),
  };
}
