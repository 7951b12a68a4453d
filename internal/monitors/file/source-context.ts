import type { Clock } from '../../../pkg/clock/clock.ts';
import { SlabPool } from '../../../pkg/slab/slab-pool.ts';
import { MIN_SLAB_BYTES, SlabShelf } from '../../../pkg/slab/slab-shelf.ts';
import type { Positions, Publisher } from '../../../pkg/types/ports.ts';
import type { StreamRegistry } from '../../../pkg/types/stream.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import type { Logger } from '../../selflog/logger.ts';
import { encodingOf } from '../encodings/encoding-of.ts';
import { type Finder, TextFinder } from '../finder.ts';
import { CriReader } from '../formats/cri.ts';
import { DockerJsonReader } from '../formats/docker-json.ts';
import { EntryFinder } from '../formats/entry-finder.ts';
import { RecordFinder } from '../record-finder.ts';
import { CHECK_BYTES } from './identity.ts';
import { type FileSource, type SourceContext, sourceCounters } from './source.ts';
import { SourceStreams } from './streams.ts';

const KIB = 1024;
/**
 * One read. A chunk of 1 MiB costs the whole path hardly more than one of 256 KiB (1 GB: 390 and 270 MB a
 * CPU-second), and small reads are copied out. The longest record has to fit, with the line that ends it and what is
 * checked before it.
 */
const SLAB_BYTES = 1024 * KIB;
const SLAB_MARGIN_BYTES = CHECK_BYTES + KIB;
/** Records in a chunk: its spans stay small, and it never is a big part of the queue. */
const CHUNK_RECORDS = 8192;
/** A byte of a line is at most so many in an entry, where it is `\u00xx`. */
const MAX_ESCAPED_BYTES = 6;
/** The longest entry that engines write: a piece of 16 KiB, its time and its output. */
const ENTRY_BYTES = 16 * KIB * MAX_ESCAPED_BYTES + 4 * KIB;
/** A piece of a line waits so long for the next: engines write them at once. */
const PIECE_TIMEOUT_MS = 5_000;

/** Slabs kept for the next reads, but two at least: about as many as are on their way to the sinks at full speed. */
const RETAINED_BYTES = 8 * 1024 * KIB;
/** Memory for small reads that is kept for the next ones: as much as a queue under way gives back. */
const RETAINED_COPY_BYTES = 2 * 1024 * KIB;

/** Memory is one for all sources: what is kept does not grow with their number. */
const copies = new SlabShelf({ minBytes: MIN_SLAB_BYTES, retainBytes: RETAINED_COPY_BYTES });
const pools = new Map<number, SlabPool>();

/** The parts of the house that sources work with. */
export interface SourceSurroundings {
  readonly positions: Positions;
  readonly publisher: Publisher;
  readonly streams: StreamRegistry;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Makes what the parts of a source share. */
export function contextOf(
  source: FileSource,
  surroundings: SourceSurroundings,
  stopping: AbortSignal,
): SourceContext {
  const { streams, metrics, logger, positions, publisher, clock } = surroundings;
  const slabBytes = slabBytesOf(source);
  const patienceMs = source.multiline?.timeoutMs ?? (source.format === 'text' ? 0 : PIECE_TIMEOUT_MS);
  return {
    ...{ source, positions, publisher, clock, stopping, patienceMs },
    streams: new SourceStreams(streams, source),
    slabs: readSlabs(slabBytes),
    copies,
    finder: finderOf(source, slabBytes, patienceMs),
    logger: logger.child({ source: source.name }),
    counters: sourceCounters(metrics, source.name),
    descriptors: { open: 0 },
  };
}

function readSlabs(slabBytes: number): SlabPool {
  const known = pools.get(slabBytes);
  if (known !== undefined) return known;
  const pool = new SlabPool({ slabBytes, retainBytes: Math.max(RETAINED_BYTES, 2 * slabBytes) });
  pools.set(slabBytes, pool);
  return pool;
}

function slabBytesOf({ format, maxLineBytes, multiline, encoding }: FileSource): number {
  const recordBytes = Math.max(maxLineBytes, multiline === undefined ? 0 : multiline.maxBytes + maxLineBytes);
  const unitBytes = format === 'text' ? encodingOf(encoding).newline.length : MAX_ESCAPED_BYTES;
  const entryBytes = format === 'text' ? 0 : ENTRY_BYTES;
  return Math.max(SLAB_BYTES, recordBytes * unitBytes + entryBytes + SLAB_MARGIN_BYTES);
}

/** Finds the records of a source in reads of up to `readBytes`. */
export function finderOf(source: FileSource, readBytes: number, timeoutMs: number): Finder {
  const { format, multiline, longLine, maxLineBytes } = source;
  const maxLines = Math.max(CHUNK_RECORDS, multiline?.maxLines ?? 0);
  const records = new RecordFinder({ ...source, maxLines });
  if (format === 'text') return new TextFinder(records);
  return new EntryFinder({
    reader: format === 'cri' ? new CriReader() : new DockerJsonReader(),
    records,
    entries: { maxLineBytes: maxLineBytes * MAX_ESCAPED_BYTES + ENTRY_BYTES, longLine },
    maxEntries: maxLines,
    ...{ readBytes, timeoutMs },
  });
}
