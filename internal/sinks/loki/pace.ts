import { type Clock, delay } from '../../../pkg/clock/clock.ts';

/** Below the limit that the server names: clocks differ, and its own count begins full. */
const FIRST_SHARE = 0.97;
/** After a refusal at the pace that was kept. */
const BACKED_OFF = 0.95;
/** How much faster it tries to go after every second of sending: limits may be raised, and other agents may end. */
const GROWTH_PER_SECOND = 0.01;
/** Above this multiple of the limit that was named there is nothing to keep to any more. */
const FREE_AT = 4;
/** What was not sent may be made up for, up to so much. */
const CREDIT_MS = 1000;

/**
 * Keeps a tenant's pushes below the rate that its server allows. It begins when the server refuses a push and names
 * its limit; then pushes go one after the other at that pace, whoever sends them, instead of against a wall.
 */
export class Pace {
  readonly #clock: Clock;
  #bytesPerSecond = Number.POSITIVE_INFINITY;
  #limit = Number.POSITIVE_INFINITY;
  /** When the next push may go, on the monotonic clock. */
  #nextMs = 0;
  /** Counts the changes of the pace after refusals. */
  #epoch = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The largest push that is worth trying: what the limit allows in a second. */
  get maxPushBytes(): number {
    return this.#limit;
  }

  /** Waits until a push of `bytes` may go, or until one of `signals` is aborted; returns the epoch it goes in. */
  async turn(bytes: number, signals: readonly AbortSignal[]): Promise<number> {
    if (this.#bytesPerSecond === Number.POSITIVE_INFINITY) return this.#epoch;
    const nowMs = this.#clock.monotonicMs();
    const atMs = Math.max(this.#nextMs, nowMs - CREDIT_MS);
    this.#nextMs = atMs + this.#durationMs(bytes);
    if (atMs > nowMs) await delay(this.#clock, atMs - nowMs, AbortSignal.any([...signals]));
    return this.#epoch;
  }

  /** A push of `bytes` was taken. */
  taken(bytes: number): void {
    if (this.#bytesPerSecond === Number.POSITIVE_INFINITY) return;
    this.#bytesPerSecond += bytes * GROWTH_PER_SECOND;
    if (this.#bytesPerSecond > this.#limit * FREE_AT) {
      this.#bytesPerSecond = Number.POSITIVE_INFINITY;
      this.#limit = Number.POSITIVE_INFINITY;
    }
  }

  /** A push of `bytes` that went in `epoch` (undefined: before there was a pace) was refused because of a limit of `limit` bytes a second. */
  refused(bytes: number, limit: number, epoch: number | undefined): void {
    if (limit !== this.#limit) this.#bytesPerSecond = limit * FIRST_SHARE;
    // What was under way when the pace changed says nothing of the new one.
    else if (epoch === this.#epoch) this.#bytesPerSecond *= BACKED_OFF;
    this.#limit = limit;
    this.#epoch++;
    const nowMs = this.#clock.monotonicMs();
    this.#nextMs = Math.max(this.#nextMs, nowMs + this.#durationMs(bytes));
  }

  #durationMs(bytes: number): number {
    return (bytes / this.#bytesPerSecond) * 1000;
  }
}
