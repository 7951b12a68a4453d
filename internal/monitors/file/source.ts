import type { Clock } from '../../../pkg/clock/clock.ts';
import type { SlabPool } from '../../../pkg/slab/slab-pool.ts';
import type { Positions, Publisher } from '../../../pkg/types/ports.ts';
import type { Counter, Metrics } from '../../metrics/metrics.ts';
import type { Logger } from '../../selflog/logger.ts';
import type { FileSourceConfig } from './spec.ts';
import type { SourceStreams } from './streams.ts';

/** A source as the config gives it. */
export type FileSource = FileSourceConfig;

/** What one source's parts share: its options, where its lines go, and what is counted on the way. */
export interface SourceContext {
  readonly source: FileSource;
  readonly positions: Positions;
  readonly publisher: Publisher;
  readonly streams: SourceStreams;
  readonly slabs: SlabPool;
  /** Scratch for the splitter, used between two awaits only. Its size bounds the records of a chunk. */
  readonly spans: Uint32Array;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly counters: SourceCounters;
  /** Aborted when the monitor stops. */
  readonly stopping: AbortSignal;
}

export interface SourceCounters {
  readonly records: Counter;
  readonly bytes: Counter;
  readonly linesCut: Counter;
  readonly linesDropped: Counter;
  readonly bytesCut: Counter;
  readonly bytesTruncated: Counter;
  readonly bytesDeleted: Counter;
  readonly unreadable: Counter;
  readonly unwatched: Counter;
}

export function sourceCounters(metrics: Metrics, source: string): SourceCounters {
  return {
    records: metrics.counter('logs_read_total', { monitor: 'file', source }),
    bytes: metrics.counter('logs_read_bytes_total', { monitor: 'file', source }),
    linesCut: metrics.counter('lines_cut_total', { source }),
    linesDropped: metrics.counter('logs_lost_total', { source, reason: 'line_too_long' }),
    bytesCut: metrics.counter('logs_lost_bytes_total', { source, reason: 'line_too_long' }),
    bytesTruncated: metrics.counter('logs_lost_bytes_total', { source, reason: 'file_truncated' }),
    bytesDeleted: metrics.counter('logs_lost_bytes_total', { source, reason: 'file_deleted' }),
    unreadable: metrics.counter('file_errors_total', { source, kind: 'unreadable' }),
    unwatched: metrics.counter('file_errors_total', { source, kind: 'watch' }),
  };
}
