import type { Clock } from '../../pkg/clock/clock.ts';

interface Occasion {
  shownAtMs: number;
  suppressed: number;
}

/**
 * Lets the first line of an occasion through at once, then at most one in `periodMs`. No timer: the next
 * line that is let through tells how many were held back. Remembers at most `maxKeys` occasions; the one
 * that was let through longest ago is forgotten first, so a flood of new ones costs lines, not memory.
 */
export class Throttle {
  readonly #clock: Clock;
  readonly #periodMs: number;
  readonly #maxKeys: number;
  /** In the order in which they were last let through. */
  readonly #occasions = new Map<string, Occasion>();

  constructor(clock: Clock, periodMs: number, maxKeys: number) {
    this.#clock = clock;
    this.#periodMs = periodMs;
    this.#maxKeys = maxKeys;
  }

  /** How many lines were held back before this one, or `undefined` when this one is to be held back too. */
  admit(key: string): number | undefined {
    const nowMs = this.#clock.monotonicMs();
    const known = this.#occasions.get(key);
    if (known !== undefined && nowMs - known.shownAtMs < this.#periodMs) {
      known.suppressed++;
      return undefined;
    }
    this.#occasions.delete(key);
    this.#occasions.set(key, { shownAtMs: nowMs, suppressed: 0 });
    this.#forgetOldest();
    return known?.suppressed ?? 0;
  }

  get remembered(): number {
    return this.#occasions.size;
  }

  #forgetOldest(): void {
    if (this.#occasions.size <= this.#maxKeys) return;
    const [oldest] = this.#occasions.keys();
    if (oldest !== undefined) this.#occasions.delete(oldest);
  }
}
