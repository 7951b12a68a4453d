import { fstatSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Clock } from '../../../pkg/clock/clock.ts';
import { SlabPool } from '../../../pkg/slab/slab-pool.ts';
import type { Health, Monitor, Positions, Publisher } from '../../../pkg/types/ports.ts';
import type { StreamRegistry } from '../../../pkg/types/stream.ts';
import type { Gauge, Metrics } from '../../metrics/metrics.ts';
import type { Logger } from '../../selflog/logger.ts';
import { encodingOf } from '../encodings/encoding-of.ts';
import { RecordFinder } from '../record-finder.ts';
import { PathRules } from './globs.ts';
import { CHECK_BYTES, type FileId, fileId, isSystemError } from './identity.ts';
import { type FileSource, type SourceContext, sourceCounters } from './source.ts';
import { type FileStatus, type PathReport, SourceMonitor } from './source-monitor.ts';
import { SourceStreams } from './streams.ts';

export interface FileMonitorOptions {
  readonly sources: readonly FileSource[];
  readonly positions: Positions;
  readonly publisher: Publisher;
  readonly streams: StreamRegistry;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Files and folders of the agent itself, which are never read: its state, its log. */
  readonly ownPaths: readonly string[];
}

const KIB = 1024;
/**
 * One read. A chunk of 1 MiB costs the whole path hardly more than one of 256 KiB (1 GB: 390 and 270 MB a
 * CPU-second), and small reads are copied out. The longest record has to fit, with the line that ends it and what is
 * checked before it.
 */
const SLAB_BYTES = 1024 * KIB;
const SLAB_MARGIN_BYTES = CHECK_BYTES + KIB;
/** Slabs kept for the next read, in each source. */
const RETAINED_SLABS = 2;
/** Records in a chunk: its spans stay small, and it never is a big part of the queue. */
const CHUNK_RECORDS = 8192;

/** Reads the files of all sources. */
export class FileMonitor implements Monitor {
  readonly name = 'file_monitor';
  readonly #options: FileMonitorOptions;
  readonly #stopping = new AbortController();
  readonly #sources: SourceMonitor[] = [];
  /** Each ends the gauges of one source. */
  readonly #measured: (() => void)[] = [];
  #health: Health;
  #stopped: Promise<void> | undefined;

  constructor(options: FileMonitorOptions) {
    this.#options = options;
    this.#health = { status: 'ok', sinceMs: options.clock.now() };
  }

  /** Resolves when every file that is there is known; lines are published from then on. */
  async start(): Promise<void> {
    const ownIds = ownFiles();
    const ownPaths = this.#options.ownPaths.flatMap(path => [path, realPath(path)]);
    for (const source of this.#options.sources) {
      const monitor = new SourceMonitor(this.#contextOf(source), rulesOf(source, ownPaths), ownIds);
      this.#sources.push(monitor);
      this.#measure(source.name, monitor);
    }
    await Promise.all(this.#sources.map(source => source.start()));
  }

  stop(): Promise<void> {
    this.#stopping.abort();
    this.#stopped ??= Promise.all(this.#sources.map(source => source.stop())).then(() => undefined);
    return this.#stopped;
  }

  async close(): Promise<void> {
    await this.stop();
    for (const forget of this.#measured.splice(0)) forget();
  }

  health(): Health {
    const reason = this.#sources.map(source => source.failure()).find(each => each !== undefined);
    const status = reason === undefined ? 'ok' : 'degraded';
    if (status !== this.#health.status) this.#health = { status, sinceMs: this.#options.clock.now() };
    return reason === undefined ? this.#health : { ...this.#health, reason };
  }

  /** Every file that is read, for `explain` and the status page. */
  status(): FileStatus[] {
    return this.#sources.flatMap(source => source.status());
  }

  /** What each source makes of a path, and where it stands in its file. Before `start` only the rules are known. */
  explain(path: string): PathReport[] {
    const absolute = resolve(path);
    if (this.#sources.length > 0) return this.#sources.map(source => source.explain(absolute));
    const { sources, ownPaths } = this.#options;
    return sources.map(source => ({
      source: source.name,
      ...rulesOf(source, ownPaths).decide(absolute),
      file: undefined,
    }));
  }

  #contextOf(source: FileSource): SourceContext {
    const { streams, metrics, logger, ...rest } = this.#options;
    const { maxLineBytes, multiline, encoding } = source;
    const unitBytes = encodingOf(encoding).newline.length;
    const recordBytes = Math.max(
      maxLineBytes,
      multiline === undefined ? 0 : multiline.maxBytes + maxLineBytes,
    );
    const slabBytes = Math.max(SLAB_BYTES, recordBytes * unitBytes + SLAB_MARGIN_BYTES);
    return {
      source,
      positions: rest.positions,
      publisher: rest.publisher,
      clock: rest.clock,
      streams: new SourceStreams(streams, source.labels),
      slabs: new SlabPool({ slabBytes, retainBytes: slabBytes * RETAINED_SLABS }),
      finder: new RecordFinder({ ...source, maxLines: Math.max(CHUNK_RECORDS, multiline?.maxLines ?? 0) }),
      logger: logger.child({ source: source.name }),
      counters: sourceCounters(metrics, source.name),
      stopping: this.#stopping.signal,
    };
  }

  #measure(name: string, source: SourceMonitor): void {
    const { metrics } = this.#options;
    const gauge = (metric: string): Gauge => metrics.gauge(metric, { source: name });
    const [watched, open, lag] = [gauge('files_watched'), gauge('files_open'), gauge('file_lag_bytes')];
    const end = metrics.onCollect(() => {
      watched.set(source.watched);
      open.set(source.open);
      lag.set(source.lagBytes);
    });
    this.#measured.push(() => {
      end();
      metrics.forget(['files_watched', 'files_open', 'file_lag_bytes'], { source: name });
    });
  }
}

function rulesOf({ paths, exclude, compressed }: FileSource, ownPaths: readonly string[]): PathRules {
  return new PathRules({ paths, exclude, ownPaths, readsArchives: compressed === 'read' });
}

/** Where the agent's own output goes: to read that would never end. */
function ownFiles(): Set<FileId> {
  const ids = new Set<FileId>();
  for (const descriptor of [1, 2]) {
    try {
      ids.add(fileId(fstatSync(descriptor, { bigint: true })));
    } catch (error) {
      // A closed descriptor leads nowhere.
      if (!isSystemError(error)) throw error;
    }
  }
  return ids;
}

/** A path without symlinks; as given where there is nothing yet. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return path;
  }
}
