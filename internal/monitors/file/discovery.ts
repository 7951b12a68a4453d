import type { Stats } from 'node:fs';
import { type FSWatcher, watch } from 'chokidar';
import { errorText, systemCode } from '../../../pkg/errors/errors.ts';
import type { PathRules } from './globs.ts';
import { isAbsence } from './identity.ts';
import { displayPath, isEscaped, isMangled } from './paths.ts';
import { Poller } from './poller.ts';
import { sendsNoEvents } from './remote-folders.ts';
import { listFolder, type ScanOptions, scan } from './scan.ts';
import type { SourceContext } from './source.ts';

/**
 * Tells which paths of a source may have changed: by events of the file system, and by looking from time to time
 * where there are none. It says too much rather than too little: whoever listens looks at what is there.
 */
export class Discovery {
  readonly #context: SourceContext;
  readonly #rules: PathRules;
  readonly #touched: (path: string) => void;
  #watcher: FSWatcher | undefined;
  #poller: Poller | undefined;
  #isClosed = false;

  constructor(context: SourceContext, rules: PathRules, touched: (path: string) => void) {
    this.#context = context;
    this.#rules = rules;
    this.#touched = touched;
  }

  /** `events` or `poll`. */
  get mode(): 'events' | 'poll' {
    return this.#poller === undefined ? 'events' : 'poll';
  }

  /** Begins to watch. Resolves with every path that matches; changes from then on are told. */
  async start(): Promise<readonly string[]> {
    const { source, logger } = this.#context;
    if (source.watch === 'poll') return this.#poll();
    if (source.watch === 'auto' && (await sendsNoEvents(this.#rules.folders))) {
      logger.info('file.poll', 'polling: a network file system sends no events', { source: source.name });
      return this.#poll();
    }
    await this.#watch();
    // Only now, so that nothing can appear between the scan and the first event.
    return this.#poller === undefined ? scan(this.#rules, this.#scanOptions) : [];
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#poller?.close();
    await this.#watcher?.close();
  }

  #watch(): Promise<void> {
    const watcher = watch([...this.#rules.folders], {
      ignored: (path, stats) => this.#isIgnored(path, stats),
      ignoreInitial: true,
      atomic: false,
      followSymlinks: this.#context.source.followSymlinks,
    });
    this.#watcher = watcher;
    watcher.on('add', this.#touched);
    watcher.on('change', this.#touched);
    watcher.on('unlink', this.#touched);
    watcher.on('addDir', folder => void this.#lookForEscaped(folder));
    watcher.on('raw', (_event, name, details: unknown) => {
      if (isMangled(name ?? '')) void this.#lookForEscaped(watchedFolder(details));
    });
    watcher.on('error', error => this.#failed(error));
    return new Promise(resolve => {
      watcher.once('ready', resolve);
    });
  }

  /** Without `stats` it is not known yet whether a path is a file or a folder. */
  #isIgnored(path: string, stats?: Stats): boolean {
    if (isMangled(path)) return true;
    const isFolder = stats === undefined || stats.isDirectory() || stats.isSymbolicLink();
    const isFile = !stats?.isDirectory();
    return !((isFolder && this.#rules.mayHold(path)) || (isFile && this.#rules.matches(path)));
  }

  /** Names that are not UTF-8 come out of events mangled: the folder says what they are. */
  async #lookForEscaped(folder: string): Promise<void> {
    try {
      const { paths } = await listFolder(folder, this.#rules, this.#context.source.followSymlinks);
      for (const path of paths) if (isEscaped(path)) this.#touched(path);
    } catch (error) {
      this.#scanOptions.onError(folder, error);
    }
  }

  /** A folder that cannot be watched: where the reason is a limit of the system, all are polled from now on. */
  #failed(error: unknown): void {
    const { logger, counters, source } = this.#context;
    if (this.#isClosed || this.#poller !== undefined) return;
    if (!['ENOSPC', 'EMFILE', 'ENFILE'].includes(systemCode(error))) {
      if (!isAbsence(error)) logger.warn('file.watch', `cannot watch a folder: ${errorText(error)}`);
      return;
    }
    counters.unwatched.inc();
    logger.warn('file.watch_limit', `no more watches, polling instead: ${errorText(error)}`, {
      source: source.name,
      advice: 'Raise fs.inotify.max_user_watches and fs.inotify.max_user_instances.',
    });
    void this.#poll().then(paths => {
      for (const path of paths) this.#touched(path);
    });
    void this.#watcher?.close();
  }

  #poll(): Promise<readonly string[]> {
    this.#poller = new Poller({
      rules: this.#rules,
      scan: this.#scanOptions,
      clock: this.#context.clock,
      touched: this.#touched,
    });
    return this.#poller.start();
  }

  get #scanOptions(): ScanOptions {
    return {
      followSymlinks: this.#context.source.followSymlinks,
      onError: (folder, error) => {
        if (isAbsence(error)) return;
        this.#context.logger.warn('file.folder_unreadable', `cannot list a folder: ${errorText(error)}`, {
          folder: displayPath(folder),
        });
      },
    };
  }
}

/** The folder that a raw event of chokidar is about. */
function watchedFolder(details: unknown): string {
  const hasPath = typeof details === 'object' && details !== null && 'watchedPath' in details;
  return hasPath ? String(details.watchedPath) : '';
}
