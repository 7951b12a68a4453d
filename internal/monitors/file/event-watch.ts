import type { Stats } from 'node:fs';
import { join } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import type { Clock } from '../../../pkg/clock/clock.ts';
import { systemCode } from '../../../pkg/errors/errors.ts';
import type { PathRules } from './globs.ts';
import { isEscaped, isMangled } from './paths.ts';
import { listFolder, type ScanOptions } from './scan.ts';

export interface EventWatchOptions {
  readonly clock: Clock;
  readonly rules: PathRules;
  readonly scan: ScanOptions;
  /** Something may have happened at a path that matches. */
  readonly touched: (path: string) => void;
  /** A file that matches was written to. */
  readonly written: (path: string) => void;
  /** Whether a file is read soon in any case, so that nobody needs to be told that it was written to. */
  readonly isReadSoon: (path: string) => boolean;
  /** The file system sent an event, whatever it is about: each costs time. */
  readonly onEvent: () => void;
  /** The system gives no more watches: what happens may go unnoticed from now on. */
  readonly onLimit: (error: unknown) => void;
}

/** So long chokidar may take to find out what came or went at a path. */
const RENAME_MS = 5_000;

/** Listens to the file system, through chokidar: for whole trees, folders that come and go, and links. */
export class EventWatch {
  readonly #options: EventWatchOptions;
  readonly #watcher: FSWatcher;
  /** When something came or went at paths that are read soon, on the monotonic clock. */
  readonly #renamedMs = new Map<string, number>();
  #isClosed = false;

  /** Watches at once; `ready` says from when on nothing is missed. */
  constructor(options: EventWatchOptions, watchFolders: typeof watch = watch) {
    const { rules, scan, touched, written } = options;
    this.#options = options;
    this.#watcher = watchFolders([...rules.folders], {
      ignored: (path, stats) => this.#isIgnored(path, stats),
      ignoreInitial: true,
      // An unlink followed by an add is a rotation here, not an editor that saves.
      atomic: false,
      followSymlinks: scan.followSymlinks,
    });
    this.#watcher.on('add', touched).on('change', written).on('unlink', touched);
    this.#watcher.on('addDir', folder => void this.#lookForEscaped(folder));
    this.#watcher.on('raw', (event, name, details: unknown) => {
      options.onEvent();
      // What comes and goes at once is not told of in any other way.
      if (event === 'rename' && name) this.#renamedAt(join(watchedFolder(details), name));
      if (isMangled(name ?? '')) void this.#lookForEscaped(watchedFolder(details));
    });
    this.#watcher.on('error', error => this.#failed(error));
  }

  /** Resolves when every folder that is there is watched. */
  ready(): Promise<void> {
    return new Promise(resolve => {
      this.#watcher.once('ready', resolve);
    });
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return this.#watcher.close();
  }

  /** Without `stats` it is not known yet whether a path is a file or a folder. */
  #isIgnored(path: string, stats?: Stats): boolean {
    if (isMangled(path)) return true;
    const { rules, isReadSoon } = this.#options;
    // Asked so before a look, for each event: a file that trickles need not be looked at for each line.
    if (stats === undefined && isReadSoon(path) && !this.#isBeingRenamed(path)) return true;
    const isFolder = stats === undefined || stats.isDirectory() || stats.isSymbolicLink();
    const isFile = !stats?.isDirectory();
    return !((isFolder && rules.mayHold(path)) || (isFile && rules.matches(path)));
  }

  #renamedAt(path: string): void {
    const { rules, touched, isReadSoon, clock } = this.#options;
    if (!rules.matches(path)) return;
    if (isReadSoon(path)) this.#renamedMs.set(path, clock.monotonicMs());
    touched(path);
  }

  /** Whether chokidar has to find out what is at a path: it may be a link now. */
  #isBeingRenamed(path: string): boolean {
    const sinceMs = this.#renamedMs.get(path);
    if (sinceMs === undefined) return false;
    const isOver = this.#options.clock.monotonicMs() - sinceMs > RENAME_MS;
    if (isOver) this.#renamedMs.delete(path);
    return !isOver;
  }

  /** Names that are not UTF-8 come out of events mangled: the folder says what they are. */
  async #lookForEscaped(folder: string): Promise<void> {
    const { rules, scan, touched } = this.#options;
    try {
      const { paths } = await listFolder(folder, rules, scan.followSymlinks);
      for (const path of paths) if (isEscaped(path)) touched(path);
    } catch (error) {
      scan.onError(folder, error);
    }
  }

  #failed(error: unknown): void {
    if (this.#isClosed) return;
    if (['ENOSPC', 'EMFILE', 'ENFILE'].includes(systemCode(error))) this.#options.onLimit(error);
    else this.#options.scan.onError('', error);
  }
}

/** The folder that a raw event of chokidar is about. */
function watchedFolder(details: unknown): string {
  const hasPath = typeof details === 'object' && details !== null && 'watchedPath' in details;
  return hasPath ? String(details.watchedPath) : '';
}
