import type { Stats } from 'node:fs';
import { join } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import { systemCode } from '../../../pkg/errors/errors.ts';
import type { PathRules } from './globs.ts';
import { isEscaped, isMangled } from './paths.ts';
import { listFolder, type ScanOptions } from './scan.ts';

export interface EventWatchOptions {
  readonly rules: PathRules;
  readonly scan: ScanOptions;
  /** Something may have happened at a path that matches. */
  readonly touched: (path: string) => void;
  /** A file that matches was written to. */
  readonly written: (path: string) => void;
  /** The file system sent an event, whatever it is about: each costs time. */
  readonly onEvent: () => void;
  /** The system gives no more watches: what happens may go unnoticed from now on. */
  readonly onLimit: (error: unknown) => void;
}

/** Listens to the file system, through chokidar: for whole trees, folders that come and go, and links. */
export class EventWatch {
  readonly #options: EventWatchOptions;
  readonly #watcher: FSWatcher;
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
      if (event === 'rename' && name) this.#tell(join(watchedFolder(details), name));
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
    const { rules } = this.#options;
    const isFolder = stats === undefined || stats.isDirectory() || stats.isSymbolicLink();
    const isFile = !stats?.isDirectory();
    return !((isFolder && rules.mayHold(path)) || (isFile && rules.matches(path)));
  }

  #tell(path: string): void {
    if (this.#options.rules.matches(path)) this.#options.touched(path);
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
