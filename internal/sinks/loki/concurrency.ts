import type { Clock } from '../../../pkg/clock/clock.ts';

/** How fast the two averages of latency follow: the last few requests, and what is usual. */
const RECENT_SHARE = 0.3;
const USUAL_SHARE = 0.05;
/** Latency is flat while the recent average is not above this multiple of the usual one. */
const FLAT = 1.5;

/** A request that was let through. */
export interface Permit {
  /** It has ended; `isBusy`: the server said, or showed by its silence, that it has too much to do. */
  end(isBusy: boolean): void;
}

/**
 * How many requests may be under way at once: one at first, one more after each round of requests whose latency was
 * flat, half after a sign that the server has too much to do. Callers wait in the order in which they came.
 */
export class Concurrency {
  readonly #max: number;
  readonly #clock: Clock;
  readonly #onChange: (limit: number) => void;
  #limit = 1;
  #underWay = 0;
  #good = 0;
  #recentMs = 0;
  #usualMs = 0;
  #halvedAtMs = Number.NEGATIVE_INFINITY;
  readonly #waiting: (() => void)[] = [];

  constructor(max: number, clock: Clock, onChange: (limit: number) => void) {
    this.#max = max;
    this.#clock = clock;
    this.#onChange = onChange;
    onChange(this.#limit);
  }

  get limit(): number {
    return this.#limit;
  }

  /** Waits until one more request may go. */
  async enter(): Promise<Permit> {
    if (this.#underWay >= this.#limit) await new Promise<void>(resolve => this.#waiting.push(resolve));
    else this.#underWay++;
    const startMs = this.#clock.monotonicMs();
    return {
      end: isBusy => {
        if (isBusy) this.#halve(startMs);
        else this.#note(this.#clock.monotonicMs() - startMs);
        this.#underWay--;
        while (this.#underWay < this.#limit && this.#waiting.length > 0) {
          this.#underWay++;
          this.#waiting.shift()!();
        }
      },
    };
  }

  /** Requests that were under way at the last halving say nothing new. */
  #halve(startMs: number): void {
    this.#good = 0;
    if (startMs < this.#halvedAtMs) return;
    this.#halvedAtMs = this.#clock.monotonicMs();
    this.#set(Math.max(1, Math.floor(this.#limit / 2)));
  }

  #note(latencyMs: number): void {
    const isFirst = this.#usualMs === 0;
    this.#recentMs += (latencyMs - this.#recentMs) * (isFirst ? 1 : RECENT_SHARE);
    this.#usualMs += (latencyMs - this.#usualMs) * (isFirst ? 1 : USUAL_SHARE);
    if (this.#recentMs > this.#usualMs * FLAT) this.#good = 0;
    else if (++this.#good >= this.#limit && this.#limit < this.#max) this.#set(this.#limit + 1);
  }

  #set(limit: number): void {
    this.#good = 0;
    if (limit === this.#limit) return;
    this.#limit = limit;
    this.#onChange(limit);
  }
}
