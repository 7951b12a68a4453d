import type { Clock } from '../../../pkg/clock/clock.ts';

/** How long whole lines that were read wait for others that may belong to the same record. */
export class Patience {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  /** On the monotonic clock; `undefined` while nothing waits. */
  #untilMs: number | undefined;

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** How long they may still wait; `undefined` where none do. */
  get leftMs(): number | undefined {
    return this.#untilMs === undefined ? undefined : Math.max(0, this.#untilMs - this.#clock.monotonicMs());
  }

  /** After each read: whether lines wait, and whether something was new, with which the time begins again. */
  afterRead(isWaiting: boolean, isNew: boolean): void {
    if (!isWaiting) this.#untilMs = undefined;
    else if (isNew || this.#untilMs === undefined)
      this.#untilMs = this.#clock.monotonicMs() + this.#timeoutMs;
  }
}
