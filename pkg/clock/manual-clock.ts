import type { Clock, Timer } from './clock.ts';

interface Pending {
  atMs: number;
  readonly order: number;
  readonly periodMs: number | undefined;
  readonly fn: () => void;
}

/**
 * A clock that stands still until a test moves it. `advance` fires what falls due, in order of due time,
 * and lets promise callbacks run between two timers, so that code written with `await` behaves as it does
 * on the machine's clock.
 */
export class ManualClock implements Clock {
  #nowMs: number;
  #monotonicMs = 0;
  #order = 0;
  readonly #pending = new Set<Pending>();

  constructor(startMs = 1_700_000_000_000) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  after(delayMs: number, fn: () => void): Timer {
    return this.#arm(delayMs, undefined, fn);
  }

  every(periodMs: number, fn: () => void): Timer {
    return this.#arm(periodMs, periodMs, fn);
  }

  /** How many timers are armed: tests of I5 count them. */
  get armed(): number {
    return this.#pending.size;
  }

  /** Moves the wall clock alone, as NTP or an administrator does; no timer fires. */
  jumpWall(deltaMs: number): void {
    this.#nowMs += deltaMs;
  }

  /** Moves time forward by `ms`, firing every timer that falls due on the way. */
  async advance(ms: number): Promise<void> {
    const targetMs = this.#monotonicMs + ms;
    await settle();
    for (let next = this.#next(targetMs); next !== undefined; next = this.#next(targetMs)) {
      this.#moveTo(next.atMs);
      if (next.periodMs === undefined) this.#pending.delete(next);
      else next.atMs += next.periodMs;
      next.fn();
      await settle();
    }
    this.#moveTo(targetMs);
    await settle();
  }

  #arm(delayMs: number, periodMs: number | undefined, fn: () => void): Timer {
    const atMs = this.#monotonicMs + Math.max(0, delayMs);
    const entry: Pending = { atMs, order: this.#order++, periodMs, fn };
    this.#pending.add(entry);
    return { clear: () => void this.#pending.delete(entry) };
  }

  #next(targetMs: number): Pending | undefined {
    let best: Pending | undefined;
    for (const entry of this.#pending) {
      if (entry.atMs > targetMs) continue;
      if (
        best === undefined ||
        entry.atMs < best.atMs ||
        (entry.atMs === best.atMs && entry.order < best.order)
      )
        best = entry;
    }
    return best;
  }

  #moveTo(monotonicMs: number): void {
    this.#nowMs += monotonicMs - this.#monotonicMs;
    this.#monotonicMs = monotonicMs;
  }
}

/** Lets every promise callback that is ready run, whatever its depth. */
function settle(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}
