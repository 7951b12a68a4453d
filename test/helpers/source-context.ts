import { silentMetrics } from '../../internal/metrics/metrics.ts';
import { type FileSource, type SourceContext, sourceCounters } from '../../internal/monitors/file/source.ts';
import { SourceStreams } from '../../internal/monitors/file/streams.ts';
import { TextFinder } from '../../internal/monitors/finder.ts';
import { RecordFinder } from '../../internal/monitors/record-finder.ts';
import { silentLogger } from '../../internal/selflog/logger.ts';
import { systemClock } from '../../pkg/clock/clock.ts';
import { SlabPool } from '../../pkg/slab/slab-pool.ts';
import { SlabShelf } from '../../pkg/slab/slab-shelf.ts';
import { StreamRegistry } from '../../pkg/types/stream.ts';
import { CollectingPublisher } from './collecting-publisher.ts';
import { MemoryPositions } from './memory-positions.ts';

/** What the parts of a source share, with small slabs; `given` replaces single things. */
export function sourceContext(source: FileSource, given: Partial<SourceContext> = {}): SourceContext {
  return {
    source,
    positions: new MemoryPositions(),
    publisher: new CollectingPublisher(),
    streams: new SourceStreams(new StreamRegistry(), source),
    slabs: new SlabPool({ slabBytes: 4096, retainBytes: 4096, check: true }),
    copies: new SlabShelf({ minBytes: 256, retainBytes: 4096 }),
    finder: new TextFinder(new RecordFinder({ ...source, maxLines: 32 })),
    patienceMs: source.multiline?.timeoutMs ?? 0,
    clock: systemClock,
    logger: silentLogger,
    counters: sourceCounters(silentMetrics, source.name),
    descriptors: { open: 0 },
    stopping: new AbortController().signal,
    ...given,
  };
}
