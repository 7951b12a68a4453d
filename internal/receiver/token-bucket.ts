import type { Clock } from '../../pkg/clock/clock.ts';

/** A rate limit: `rate` tokens a second, at most `burst` saved up. All or nothing, as Loki's limiter. */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #rate: number;
  readonly #burst: number;
  #tokens: number;
  #atMs: number;

  constructor(clock: Clock, rate: number, burst: number) {
    this.#clock = clock;
    this.#rate = rate;
    this.#burst = burst;
    this.#tokens = burst;
    this.#atMs = clock.monotonicMs();
  }

  /** Takes `count` tokens, or none of them. A rate of 0 is no limit. */
  take(count: number): boolean {
    if (this.#rate === 0) return true;
    const nowMs = this.#clock.monotonicMs();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((nowMs - this.#atMs) / 1000) * this.#rate);
    this.#atMs = nowMs;
    if (count > this.#tokens) return false;
    this.#tokens -= count;
    return true;
  }
}
