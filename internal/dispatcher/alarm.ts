import type { Clock, Timer } from '../../pkg/clock/clock.ts';

/** One timer that is moved: at most one is armed, and none while there is nothing to wait for. */
export class Alarm {
  readonly #clock: Clock;
  readonly #onTime: () => void;
  #timer: Timer | undefined;
  #atMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, onTime: () => void) {
    this.#clock = clock;
    this.#onTime = onTime;
  }

  /** Rings at `atMs` on the monotonic clock, which says `nowMs`; never where it is infinite. */
  set(atMs: number, nowMs: number): void {
    if (atMs === this.#atMs) return;
    this.clear();
    this.#atMs = atMs;
    if (atMs === Number.POSITIVE_INFINITY) return;
    this.#timer = this.#clock.after(Math.max(0, Math.ceil(atMs - nowMs)), () => {
      this.#atMs = Number.POSITIVE_INFINITY;
      this.#onTime();
    });
  }

  clear(): void {
    this.#timer?.clear();
    this.#timer = undefined;
    this.#atMs = Number.POSITIVE_INFINITY;
  }
}
