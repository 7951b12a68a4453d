import type { watch } from 'chokidar';
import type { Timer } from '../../../pkg/clock/clock.ts';
import { errorText } from '../../../pkg/errors/errors.ts';
import { EventWatch } from './event-watch.ts';
import type { PathRules } from './globs.ts';
import { isAbsence } from './identity.ts';
import { displayPath } from './paths.ts';
import { Poller } from './poller.ts';
import { sendsNoEvents } from './remote-folders.ts';
import { type ScanOptions, scan } from './scan.ts';
import type { SourceContext } from './source.ts';

export interface DiscoveryOptions {
  readonly context: SourceContext;
  readonly rules: PathRules;
  /** Something may have changed at a path that matches. */
  readonly touched: (path: string) => void;
  /** An event says that a file that matches was written to. */
  readonly written: (path: string) => void;
  /** Whether a file is read soon in any case. */
  readonly isReadSoon: (path: string) => boolean;
  /** How many files there are to look at in a poll. */
  readonly watched: () => number;
  /** Their paths. */
  readonly known: () => Iterable<string>;
  /** Chokidar's `watch`, or what a test puts in its place. */
  readonly watchFolders?: typeof watch;
}

/** An event costs as much as looking at some files: with more events in a second than this, looking is cheaper. */
const BUSY_EVENTS = 30;
const BUSY_EVENTS_PER_FILE = 2;
const WINDOW_MS = 1_000;
/** The kernel keeps 16 384 events unless told otherwise, and drops what comes after them without a word. */
const BURST_EVENTS = 8_192;
/** After this long the events get another chance; longer each time that it turns out to have been too early. */
const MIN_BUSY_MS = 30_000;
const MAX_BUSY_MS = 480_000;
/** They get it sooner when nothing changed through this part of the time. */
const CALM_PART = 1 / 8;

/**
 * Tells which paths of a source may have changed: by events of the file system while little happens, which costs
 * nothing when nothing does; by looking at the files once or twice a second while more events come than that would
 * cost, and where there are no events. It says too much rather than too little: whoever
 * listens looks at what is there.
 */
export class Discovery {
  readonly #options: DiscoveryOptions;
  #events: EventWatch | undefined;
  #poller: Poller | undefined;
  #sweep: Timer | undefined;
  #windowStartMs = 0;
  #eventsInWindow = 0;
  #busyForMs = MIN_BUSY_MS;
  #calmSinceMs = Number.NEGATIVE_INFINITY;
  #isSwitching = false;
  #isLimited = false;
  #isClosed = false;

  constructor(options: DiscoveryOptions) {
    this.#options = options;
  }

  /** What tells of a change at present. */
  get mode(): 'events' | 'poll' {
    return this.#poller === undefined ? 'events' : 'poll';
  }

  /** How long the file system has owed an answer. */
  get busyMs(): number {
    return this.#poller?.busyMs ?? 0;
  }

  /** Begins to watch. Resolves with every path that matches; what changes from then on is told. */
  async start(): Promise<readonly string[]> {
    const { context, rules } = this.#options;
    const { source, logger } = context;
    if (source.watch === 'poll') return this.#poll().start();
    if (source.watch === 'auto' && (await sendsNoEvents(rules.folders))) {
      logger.info('file.poll', 'polling: a network file system sends no events');
      return this.#poll().start();
    }
    this.#isSwitching = true;
    await this.#listen();
    this.#isSwitching = false;
    if (this.#isLimited) return this.#pollForGood();
    // Only now, so that nothing can appear between the scan and the first event.
    return scan(rules, this.#scanOptions);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#sweep?.clear();
    this.#poller?.close();
    await this.#events?.close();
  }

  async #listen(): Promise<void> {
    const { rules, touched, written, isReadSoon, watchFolders } = this.#options;
    const options = {
      clock: this.#options.context.clock,
      rules,
      scan: this.#scanOptions,
      touched,
      written,
      isReadSoon,
      onEvent: () => this.#countEvent(),
      onLimit: (error: unknown) => this.#limited(error),
    };
    this.#events = new EventWatch(options, watchFolders);
    await this.#events.ready();
  }

  #poll(onRound?: (changed: number) => void): Poller {
    const { rules, touched, known, context } = this.#options;
    const { clock } = context;
    this.#poller = new Poller({ rules, scan: this.#scanOptions, clock, touched, known, onRound });
    return this.#poller;
  }

  #countEvent(): void {
    const nowMs = this.#options.context.clock.monotonicMs();
    if (nowMs - this.#windowStartMs > WINDOW_MS) {
      this.#windowStartMs = nowMs;
      this.#eventsInWindow = 0;
    }
    const limit = Math.max(BUSY_EVENTS, this.#options.watched() * BUSY_EVENTS_PER_FILE);
    if (++this.#eventsInWindow > limit) void this.#becomeBusy();
    if (this.#eventsInWindow >= BURST_EVENTS) this.#sweepLater();
  }

  /** Looks at everything after a burst in which events may have been dropped. */
  #sweepLater(): void {
    this.#sweep ??= this.#options.context.clock.after(WINDOW_MS, () => {
      this.#sweep = undefined;
      for (const path of this.#options.known()) this.#options.touched(path);
      void scan(this.#options.rules, this.#scanOptions).then(paths => paths.forEach(this.#options.touched));
    });
  }

  /** Polls until it is calm, or for a while. Events are listened to until the first round has seen everything. */
  async #becomeBusy(): Promise<void> {
    if (this.#isSwitching || this.#poller !== undefined || this.#options.context.source.watch !== 'auto')
      return;
    this.#isSwitching = true;
    const { clock } = this.#options.context;
    const startMs = clock.monotonicMs();
    const isTooEarly = startMs - this.#calmSinceMs < MIN_BUSY_MS * CALM_PART;
    this.#busyForMs = isTooEarly ? Math.min(MAX_BUSY_MS, this.#busyForMs * 2) : MIN_BUSY_MS;
    let changedMs = startMs;
    const poller = this.#poll(changed => {
      const nowMs = clock.monotonicMs();
      if (changed > 0) changedMs = nowMs;
      const isCalm = nowMs - changedMs >= this.#busyForMs * CALM_PART;
      const isOver = isCalm || nowMs - startMs >= this.#busyForMs;
      if (isOver && !this.#isLimited) void this.#becomeCalm();
    });
    const paths = await poller.start();
    await this.#events?.close();
    this.#isSwitching = false;
    // An event that was still under way is lost, and the first round has nothing to compare with.
    paths.forEach(this.#options.touched);
  }

  /** Listens again. The last round comes after the first event could have come. */
  async #becomeCalm(): Promise<void> {
    if (this.#isSwitching || this.#isClosed || this.#poller === undefined) return;
    this.#isSwitching = true;
    await this.#listen();
    this.#isSwitching = false;
    if (this.#isClosed || this.#isLimited) return this.#events?.close();
    const poller = this.#poller;
    this.#poller = undefined;
    this.#calmSinceMs = this.#options.context.clock.monotonicMs();
    await poller?.finish();
  }

  /** The system gives no more watches: what happens may go unnoticed, so from now on all is polled. */
  #limited(error: unknown): void {
    if (this.#isLimited) return;
    this.#isLimited = true;
    const { logger, counters } = this.#options.context;
    counters.unwatched.inc();
    logger.warn('file.watch_limit', `no more watches, polling instead: ${errorText(error)}`, {
      advice: 'Raise fs.inotify.max_user_watches and fs.inotify.max_user_instances.',
    });
    if (this.#isSwitching || this.#poller !== undefined) return;
    void this.#pollForGood().then(paths => paths.forEach(this.#options.touched));
  }

  async #pollForGood(): Promise<readonly string[]> {
    const paths = await this.#poll().start();
    await this.#events?.close();
    return paths;
  }

  get #scanOptions(): ScanOptions {
    const { source, logger } = this.#options.context;
    return {
      followSymlinks: source.followSymlinks,
      onError: (folder, error) => {
        if (isAbsence(error)) return;
        logger.warn('file.folder_unreadable', `cannot watch or list a folder: ${errorText(error)}`, {
          folder: displayPath(folder),
        });
      },
    };
  }
}
