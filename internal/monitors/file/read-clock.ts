import type { Clock, Timer } from '../../../pkg/clock/clock.ts';

/**
 * What a visit found. `more`: visit again as soon as the others had their turn; `fresh`: something was new;
 * `trickle`: a few lines were; `quiet`: nothing was; `rest`: wait for the next `wake`; `done`: forget it.
 */
export type Visit = 'more' | 'fresh' | 'trickle' | 'quiet' | 'rest' | 'done';

export interface ReadClockOptions<T> {
  readonly clock: Clock;
  /** Visits under way at once. */
  readonly slots: number;
  /** One visit; never two of the same at once. A rejection is a bug and ends the process. */
  readonly visit: (item: T) => Promise<Visit>;
  /** In how many milliseconds the item has to be visited at the latest; `undefined` where nothing waits. */
  readonly dueInMs?: (item: T) => number | undefined;
  /** Called when an item was quiet through the whole backoff: whether it may rest until it is woken. */
  readonly mayRest: (item: T) => boolean;
  /** Called when an item begins to rest, before anything else can happen to it. */
  readonly onRest: (item: T) => Promise<void>;
}

interface Entry<T> {
  readonly item: T;
  dueMs: number;
  /** Grows while nothing is new; `0` means as soon as possible. */
  delayMs: number;
  /** Whether the last visit that found something found little. */
  isTrickle: boolean;
  state: 'waiting' | 'ready' | 'visited';
  isWoken: boolean;
}

/** Bounds of the time between two reads of an active file, whatever the number of writes. */
const MIN_TICK_MS = 50;
const MAX_TICK_MS = 250;
/** So much longer for each file that is active, to keep the cost of many flat. */
const TICK_PER_ITEM_MS = 5;
/** The same of one in which a few lines were new: a visit costs more than to read them. */
const TRICKLE_TICK_PER_ITEM_MS = 50;
const MAX_TRICKLE_TICK_MS = 500;
/** After a pause this long without anything new, an item rests, or goes on being visited that seldom. */
const MAX_DELAY_MS = 12_800;
/** So many that had their turn are cut off the front of the line at once. */
const COMPACT_FROM = 1000;

/**
 * Decides when files are read. A file that was woken is read at once, then on a coalescing clock while it is
 * active, then ever more seldom, until it rests. Files that are ready take turns, one read each, so that a big
 * one does not hold up the small ones. One timer for all, and none while everything rests (I8).
 */
export class ReadClock<T> {
  readonly #options: ReadClockOptions<T>;
  readonly #entries = new Map<T, Entry<T>>();
  /** In turn; the first `#nextReady` of them have had it. */
  readonly #ready: Entry<T>[] = [];
  #nextReady = 0;
  #busy = 0;
  #timer: Timer | undefined;
  #timerDueMs = Number.POSITIVE_INFINITY;
  #isStopped = false;
  #onIdle: (() => void)[] = [];

  constructor(options: ReadClockOptions<T>) {
    this.#options = options;
  }

  /** How many items do not rest. */
  get active(): number {
    return this.#entries.size;
  }

  /** Whether the item does not rest. */
  has(item: T): boolean {
    return this.#entries.has(item);
  }

  /** Something may be new: the item is visited soon. */
  wake(item: T): void {
    if (this.#isStopped) return;
    const entry = this.#entries.get(item);
    if (entry === undefined) {
      this.#makeReady(this.#enter(item));
    } else if (entry.state === 'visited') {
      entry.isWoken = true;
    } else if (entry.state === 'waiting' && entry.delayMs > this.#tickMs(entry)) {
      // What waits for its next tick will see what is new; what has fallen behind it is called back.
      const tickMs = this.#tickMs(entry);
      entry.dueMs -= entry.delayMs - tickMs;
      entry.delayMs = tickMs;
      this.#arm(entry.dueMs);
    }
  }

  /** As `wake`, of an item that waits for a visit and had a few new lines in the last one; whether it is one. */
  wakeTrickle(item: T): boolean {
    const entry = this.#entries.get(item);
    if (entry?.state !== 'waiting' || !entry.isTrickle) return false;
    this.wake(item);
    return true;
  }

  /** Whether an item that had a few new lines is visited at the next tick at the latest, whether or not it is woken. */
  isSoon(item: T): boolean {
    const entry = this.#entries.get(item);
    return (
      entry !== undefined &&
      entry.state !== 'visited' &&
      entry.isTrickle &&
      entry.delayMs <= this.#tickMs(entry)
    );
  }

  /** Ends all visits: resolves when none is under way any more. */
  stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.clear();
    this.#timer = undefined;
    this.#ready.length = 0;
    this.#nextReady = 0;
    if (this.#busy === 0) return Promise.resolve();
    return new Promise(resolve => this.#onIdle.push(resolve));
  }

  #tickMs({ isTrickle }: Entry<T>): number {
    const [perItemMs, maxMs] = isTrickle
      ? [TRICKLE_TICK_PER_ITEM_MS, MAX_TRICKLE_TICK_MS]
      : [TICK_PER_ITEM_MS, MAX_TICK_MS];
    return Math.min(maxMs, Math.max(MIN_TICK_MS, this.#entries.size * perItemMs));
  }

  #enter(item: T): Entry<T> {
    const entry: Entry<T> = {
      ...{ item, dueMs: 0, delayMs: 0 },
      ...{ isTrickle: false, state: 'waiting', isWoken: false },
    };
    this.#entries.set(item, entry);
    return entry;
  }

  #makeReady(entry: Entry<T>): void {
    entry.state = 'ready';
    this.#ready.push(entry);
    this.#fillSlots();
  }

  #fillSlots(): void {
    while (this.#busy < this.#options.slots && this.#nextReady < this.#ready.length) {
      const entry = this.#ready[this.#nextReady++]!;
      this.#busy++;
      void this.#serve(entry);
    }
    if (this.#nextReady === this.#ready.length || this.#nextReady > COMPACT_FROM) {
      this.#ready.splice(0, this.#nextReady);
      this.#nextReady = 0;
    }
  }

  async #serve(entry: Entry<T>): Promise<void> {
    entry.state = 'visited';
    entry.isWoken = false;
    const visit = await this.#options.visit(entry.item);
    await this.#settle(entry, visit);
    this.#busy--;
    if (!this.#isStopped) this.#fillSlots();
    else if (this.#busy === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  async #settle(entry: Entry<T>, visit: Visit): Promise<void> {
    if (visit === 'done') {
      this.#entries.delete(entry.item);
    } else if (visit === 'rest' || (visit === 'quiet' && this.#mayRest(entry))) {
      await this.#options.onRest(entry.item);
      if (entry.isWoken) this.#wait(entry, 0);
      else this.#entries.delete(entry.item);
    } else if (visit === 'more') {
      entry.delayMs = 0;
      if (!this.#isStopped) this.#requeue(entry);
    } else {
      const isQuiet = visit === 'quiet' && !entry.isWoken;
      if (visit !== 'quiet') entry.isTrickle = visit === 'trickle';
      const dueInMs = this.#options.dueInMs?.(entry.item) ?? Number.POSITIVE_INFINITY;
      this.#wait(entry, isQuiet ? Math.min(MAX_DELAY_MS, entry.delayMs * 2, dueInMs) : 0);
    }
  }

  #mayRest(entry: Entry<T>): boolean {
    return !entry.isWoken && entry.delayMs >= MAX_DELAY_MS && this.#options.mayRest(entry.item);
  }

  #requeue(entry: Entry<T>): void {
    entry.state = 'ready';
    this.#ready.push(entry);
  }

  #wait(entry: Entry<T>, delayMs: number): void {
    entry.state = 'waiting';
    entry.delayMs = Math.max(delayMs, this.#tickMs(entry));
    entry.dueMs = this.#options.clock.monotonicMs() + entry.delayMs;
    this.#arm(entry.dueMs);
  }

  /** The one timer fires when the next of all is due. */
  #arm(dueMs: number): void {
    if (this.#isStopped || dueMs >= this.#timerDueMs) return;
    this.#timer?.clear();
    this.#timerDueMs = dueMs;
    const delayMs = Math.max(0, dueMs - this.#options.clock.monotonicMs());
    this.#timer = this.#options.clock.after(delayMs, () => this.#fire());
  }

  #fire(): void {
    this.#timer = undefined;
    this.#timerDueMs = Number.POSITIVE_INFINITY;
    const nowMs = this.#options.clock.monotonicMs();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const entry of this.#entries.values()) {
      if (entry.state !== 'waiting') continue;
      // Timers may fire a little early: what is due within a millisecond is due.
      if (entry.dueMs <= nowMs + 1) this.#requeue(entry);
      else nextMs = Math.min(nextMs, entry.dueMs);
    }
    this.#fillSlots();
    if (nextMs !== Number.POSITIVE_INFINITY) this.#arm(nextMs);
  }
}
