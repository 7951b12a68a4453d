import { fstatSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Health, Monitor } from '../../../pkg/types/ports.ts';
import type { Gauge } from '../../metrics/metrics.ts';
import { PathRules } from './globs.ts';
import { type FileId, fileId, isSystemError } from './identity.ts';
import type { FileSource } from './source.ts';
import { contextOf, type SourceSurroundings } from './source-context.ts';
import { type FileStatus, type PathReport, SourceMonitor } from './source-monitor.ts';

export interface FileMonitorOptions extends SourceSurroundings {
  readonly sources: readonly FileSource[];
  /** Files and folders of the agent itself, which are never read: its state, its log. */
  readonly ownPaths: readonly string[];
  /** Tells more of them: what its sinks write. */
  readonly isOwn?: (path: string) => boolean;
}

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
      const monitor = new SourceMonitor(
        contextOf(source, this.#options, this.#stopping.signal),
        this.#rulesOf(source, ownPaths),
        ownIds,
      );
      this.#sources.push(monitor);
      this.#measure(source.name, monitor);
    }
    await Promise.all(this.#sources.map(source => source.start()));
  }

  /** Reads on until nothing is left that could not be read again; before a source is changed or removed. */
  async finish(): Promise<void> {
    await Promise.all(this.#sources.map(source => source.finish()));
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
      ...this.#rulesOf(source, ownPaths).decide(absolute),
      file: undefined,
      labels: [],
    }));
  }

  #rulesOf({ paths, exclude, compressed }: FileSource, ownPaths: readonly string[]): PathRules {
    const { isOwn } = this.#options;
    return new PathRules({ paths, exclude, ownPaths, isOwn, readsArchives: compressed === 'read' });
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
