import type { Clock, Timer } from '../../../pkg/clock/clock.ts';
import type { PathRules } from './globs.ts';
import { isSystemError, statFile } from './identity.ts';
import { type ScanOptions, scan } from './scan.ts';

export interface PollerOptions {
  readonly rules: PathRules;
  readonly scan: ScanOptions;
  readonly clock: Clock;
  readonly touched: (path: string) => void;
  /** Longest pause between two rounds in which nothing changed. */
  readonly maxPauseMs: number;
  /** Called after each round but the first, with the number of paths that had changed. */
  readonly onRound?: ((changed: number) => void) | undefined;
}

/** Shortest pause between two rounds. */
const MIN_PAUSE_MS = 500;
/** A pause is at least so many times as long as the round took: at most a tenth of the time goes into it. */
const PAUSE_PER_ROUND = 10;
const STAT_AT_ONCE = 16;

/**
 * Notices changes by looking, where the file system sends no events. Rounds follow each other the faster the more
 * happens, and ever more slowly while nothing does. Files that are being written are read on the read clock
 * meanwhile, so a round only has to notice what is new.
 */
export class Poller {
  readonly #options: PollerOptions;
  #seen = new Map<string, string>();
  #pauseMs = MIN_PAUSE_MS;
  #timer: Timer | undefined;
  #running: Promise<void> = Promise.resolve();
  /** When the round that is under way began, on the monotonic clock. */
  #sinceMs: number | undefined;
  #isClosed = false;

  constructor(options: PollerOptions) {
    this.#options = options;
  }

  /** The first round: resolves with every path that matches, and goes on looking. */
  async start(): Promise<readonly string[]> {
    await this.#round();
    if (!this.#isClosed) this.#pause();
    return [...this.#seen.keys()];
  }

  /** How long the round that is under way has taken. */
  get busyMs(): number {
    return this.#sinceMs === undefined ? 0 : this.#options.clock.monotonicMs() - this.#sinceMs;
  }

  /** One last round. */
  async finish(): Promise<void> {
    this.close();
    await this.#running;
    for (const path of await this.#round()) this.#options.touched(path);
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.clear();
  }

  /** Looks at everything once; returns what has changed since the round before. */
  async #round(): Promise<string[]> {
    const { rules, scan: scanOptions } = this.#options;
    const before = this.#seen;
    this.#sinceMs = this.#options.clock.monotonicMs();
    const changed: string[] = [];
    this.#seen = new Map();
    const paths = await scan(rules, scanOptions);
    for (let i = 0; i < paths.length; i += STAT_AT_ONCE) {
      const some = paths.slice(i, i + STAT_AT_ONCE);
      const prints = await Promise.all(some.map(path => fingerprint(path, scanOptions.followSymlinks)));
      for (const [n, path] of some.entries()) {
        this.#seen.set(path, prints[n]!);
        if (before.get(path) !== prints[n]) changed.push(path);
      }
    }
    for (const path of before.keys()) if (!this.#seen.has(path)) changed.push(path);
    this.#sinceMs = undefined;
    return changed;
  }

  #pause(): void {
    this.#timer = this.#options.clock.after(this.#pauseMs, () => {
      this.#running = this.#next();
    });
  }

  async #next(): Promise<void> {
    const startMs = this.#options.clock.monotonicMs();
    const changed = await this.#round();
    const roundMs = this.#options.clock.monotonicMs() - startMs;
    const pauseMs = changed.length > 0 ? MIN_PAUSE_MS : Math.min(this.#options.maxPauseMs, this.#pauseMs * 2);
    this.#pauseMs = Math.max(pauseMs, roundMs * PAUSE_PER_ROUND);
    for (const path of changed) this.#options.touched(path);
    if (this.#isClosed) return;
    this.#pause();
    this.#options.onRound?.(changed.length);
  }
}

/** What changes when a file does; a text for what cannot be seen, too. */
async function fingerprint(path: string, followSymlinks: boolean): Promise<string> {
  try {
    const stat = await statFile(path, followSymlinks);
    return stat === undefined ? '' : `${stat.dev} ${stat.ino} ${stat.size} ${stat.mtimeNs}`;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return error.message;
  }
}
