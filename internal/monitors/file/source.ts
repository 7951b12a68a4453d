import type { Clock } from '../../../pkg/clock/clock.ts';
import type { SlabPool } from '../../../pkg/slab/slab-pool.ts';
import type { SlabShelf } from '../../../pkg/slab/slab-shelf.ts';
import type { Positions, Publisher } from '../../../pkg/types/ports.ts';
import type { Counter, Metrics } from '../../metrics/metrics.ts';
import type { Logger } from '../../selflog/logger.ts';
import type { Finder, Found } from '../finder.ts';
import { displayPath } from './paths.ts';
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
  /** What files are read into. */
  readonly slabs: SlabPool;
  /** Where the few records of a read wait. */
  readonly copies: SlabShelf;
  readonly finder: Finder;
  /** How long lines that were read wait for others that may belong to them. */
  readonly patienceMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly counters: SourceCounters;
  /** Files of the source that are open. */
  readonly descriptors: { open: number };
  /** Aborted when the monitor stops. */
  readonly stopping: AbortSignal;
}

export interface SourceCounters {
  readonly records: Counter;
  readonly bytes: Counter;
  readonly linesCut: Counter;
  readonly linesMalformed: Counter;
  readonly linesDropped: Counter;
  readonly bytesCut: Counter;
  readonly bytesNul: Counter;
  readonly bytesTruncated: Counter;
  readonly bytesDeleted: Counter;
  readonly bytesGivenUp: Counter;
  readonly linesGivenUp: Counter;
  readonly unreadable: Counter;
  readonly unwatched: Counter;
}

export function sourceCounters(metrics: Metrics, source: string): SourceCounters {
  return {
    records: metrics.counter('logs_read_total', { monitor: 'file', source }),
    bytes: metrics.counter('logs_read_bytes_total', { monitor: 'file', source }),
    linesCut: metrics.counter('lines_cut_total', { source }),
    linesMalformed: metrics.counter('lines_malformed_total', { source }),
    linesDropped: metrics.counter('logs_lost_total', { source, reason: 'line_too_long' }),
    bytesCut: metrics.counter('logs_lost_bytes_total', { source, reason: 'line_too_long' }),
    bytesNul: metrics.counter('logs_lost_bytes_total', { source, reason: 'nul' }),
    bytesTruncated: metrics.counter('logs_lost_bytes_total', { source, reason: 'file_truncated' }),
    bytesDeleted: metrics.counter('logs_lost_bytes_total', { source, reason: 'file_deleted' }),
    bytesGivenUp: metrics.counter('logs_lost_bytes_total', { source, reason: 'max_deleted_bytes' }),
    linesGivenUp: metrics.counter('logs_lost_total', { source, reason: 'max_deleted_bytes' }),
    unreadable: metrics.counter('file_errors_total', { source, kind: 'unreadable' }),
    unwatched: metrics.counter('file_errors_total', { source, kind: 'watch' }),
  };
}

/** Counts what a read left out, and what it did not understand. */
export function countLosses(found: Found, { counters, source }: SourceContext): void {
  const { cuts, lostBytes, nulBytes, malformed } = found;
  if (malformed > 0) counters.linesMalformed.inc(malformed);
  if (cuts > 0) counters.linesCut.inc(cuts);
  if (cuts > 0 && source.longLine === 'drop') counters.linesDropped.inc(cuts);
  if (lostBytes > 0) counters.bytesCut.inc(lostBytes);
  if (nulBytes > 0) counters.bytesNul.inc(nulBytes);
}

/** Says that a file could not be decompressed to its end. */
export function countDamage(
  damage: string | undefined,
  path: string,
  { counters, logger }: SourceContext,
): void {
  if (damage === undefined) return;
  counters.unreadable.inc();
  const message = `cannot decompress a file to its end: ${damage}`;
  logger.warn('file.damaged', message, { path: displayPath(path) });
}
