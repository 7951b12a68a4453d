import { lstat, type Stats, stat } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock, Timer } from '../../../pkg/clock/clock.ts';
import type { PathRules } from './globs.ts';
import { Listings } from './listings.ts';
import { diskPath } from './paths.ts';
import { type ScanOptions, scan } from './scan.ts';

export interface PollerOptions {
  readonly rules: PathRules;
  readonly scan: ScanOptions;
  readonly clock: Clock;
  readonly touched: (path: string) => void;
  /** Paths at which files are known: some were renamed to theirs after the last round. */
  readonly known: () => Iterable<string>;
  /** Called after each round but the first, with the number of paths that had changed. */
  readonly onRound?: ((changed: number) => void) | undefined;
}

/** Pauses between two rounds: after one in which a file began to change, and when none did for a while. */
const MIN_PAUSE_MS = 500;
const MAX_PAUSE_MS = 1_000;
/** A pause is at least so many times as long as the round took: at most a tenth of the time goes into it. */
const PAUSE_PER_ROUND = 10;
const STAT_AT_ONCE = 64;
/** Files that changed within this time are looked at in each round, */
const WARM_MS = 60_000;
/** and so many of the others in turn: 20 000 stats a second would be an eighth of a core. */
const COLD_AT_ONCE = 1_000;

/** What a round found. */
interface Round {
  readonly changed: readonly string[];
  /** How many of these are more than one more line in a file that is being written: that is read on the read clock. */
  readonly news: number;
}

/**
 * Notices changes by looking, where the file system sends no events. Files that are being written are read on the
 * read clock meanwhile, so a round only has to notice what is new.
 */
export class Poller {
  readonly #options: PollerOptions;
  readonly #listings: Listings;
  /** What changes when the file at a path does. */
  readonly #prints = new Map<string, string>();
  /** When files changed that did so a moment ago, on the monotonic clock. */
  readonly #warm = new Map<string, number>();
  /** Whose turn it is of the files at which nothing happens. */
  #nextCold = 0;
  #isStarted = false;
  #pauseMs = MIN_PAUSE_MS;
  #timer: Timer | undefined;
  #running: Promise<void> = Promise.resolve();
  /** When the round that is under way began, on the monotonic clock. */
  #sinceMs: number | undefined;
  #isClosed = false;

  constructor(options: PollerOptions) {
    const { rules, scan: scanOptions, clock } = options;
    this.#options = options;
    this.#listings = new Listings(rules, scanOptions.followSymlinks, clock);
  }

  /** The first round: resolves with every path that matches, and goes on looking. */
  async start(): Promise<readonly string[]> {
    await this.#round(Number.POSITIVE_INFINITY);
    if (!this.#isClosed) this.#pause();
    return [...this.#prints.keys()];
  }

  /** How long the round that is under way has taken. */
  get busyMs(): number {
    return this.#sinceMs === undefined ? 0 : this.#options.clock.monotonicMs() - this.#sinceMs;
  }

  /** One last round. */
  async finish(): Promise<void> {
    this.close();
    await this.#running;
    const { changed } = await this.#round(Number.POSITIVE_INFINITY);
    for (const path of changed) this.#options.touched(path);
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.clear();
  }

  /** Looks at what is warm, and at so many others: what has changed since it was looked at before. */
  async #round(coldFiles: number): Promise<Round> {
    const { rules, scan: scanOptions, clock } = this.#options;
    const startMs = clock.monotonicMs();
    this.#sinceMs = startMs;
    this.#listings.begin();
    const paths = await scan(rules, scanOptions, (folder, stat) => this.#listings.of(folder, stat));
    const { areSame } = this.#listings;
    const changed = areSame ? [] : this.#takeOutGone(paths);
    let news = changed.length;
    this.#coolDown(startMs - WARM_MS);
    const due = this.#dueOf(paths, coldFiles);
    for (let i = 0; i < due.length; i += STAT_AT_ONCE) {
      const some = due.slice(i, i + STAT_AT_ONCE);
      const prints = await fingerprints(some, scanOptions.followSymlinks);
      for (const [n, path] of some.entries()) {
        const print = prints[n]!;
        if (this.#prints.get(path) === print) continue;
        this.#prints.set(path, print);
        changed.push(path);
        if (!areSame || !this.#warm.has(path)) news++;
        if (this.#isStarted) this.#warm.set(path, startMs);
      }
    }
    this.#sinceMs = undefined;
    this.#isStarted = true;
    return { changed, news };
  }

  /** What is new, what changed a moment ago, and of the rest those whose turn it is. */
  #dueOf(paths: readonly string[], coldFiles: number): readonly string[] {
    if (coldFiles >= paths.length) return paths;
    const { changed, areSame } = this.#listings;
    const due = new Set(this.#warm.keys());
    if (!areSame)
      for (const path of paths) if (!this.#prints.has(path) || changed.has(dirname(path))) due.add(path);
    const from = this.#nextCold < paths.length ? this.#nextCold : 0;
    for (const path of paths.slice(from, from + coldFiles)) due.add(path);
    this.#nextCold = from + coldFiles;
    return [...due];
  }

  #coolDown(untilMs: number): void {
    for (const [path, changedMs] of this.#warm) if (changedMs < untilMs) this.#warm.delete(path);
  }

  /** Forgets paths that are not there any more, and returns them, with those that came and went between two rounds. */
  #takeOutGone(paths: readonly string[]): string[] {
    const there = new Set(paths);
    const before = new Set([...this.#prints.keys(), ...this.#options.known()]);
    const gone = [...before].filter(path => !there.has(path));
    for (const path of gone) {
      this.#prints.delete(path);
      this.#warm.delete(path);
    }
    return gone;
  }

  #pause(): void {
    this.#timer = this.#options.clock.after(this.#pauseMs, () => {
      this.#running = this.#next();
    });
  }

  async #next(): Promise<void> {
    const startMs = this.#options.clock.monotonicMs();
    const { changed, news } = await this.#round(COLD_AT_ONCE);
    const roundMs = this.#options.clock.monotonicMs() - startMs;
    const pauseMs = news > 0 ? MIN_PAUSE_MS : Math.min(MAX_PAUSE_MS, this.#pauseMs * 2);
    this.#pauseMs = Math.max(pauseMs, roundMs * PAUSE_PER_ROUND);
    for (const path of changed) this.#options.touched(path);
    if (this.#isClosed) return;
    this.#pause();
    this.#options.onRound?.(changed.length);
  }
}

/** What changes when files do; a text for what cannot be seen, too. Without promises, which would double the cost. */
function fingerprints(paths: readonly string[], followSymlinks: boolean): Promise<readonly string[]> {
  const look = followSymlinks ? stat : lstat;
  return new Promise(resolve => {
    const prints: string[] = new Array(paths.length);
    let left = paths.length;
    for (const [n, path] of paths.entries())
      look(diskPath(path), (error, found) => {
        prints[n] = error === null ? printOf(found) : error.message;
        if (--left === 0) resolve(prints);
      });
  });
}

function printOf({ dev, ino, size, mtimeMs }: Stats): string {
  return `${dev} ${ino} ${size} ${mtimeMs}`;
}
