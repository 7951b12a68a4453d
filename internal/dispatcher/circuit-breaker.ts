import { type BackoffOptions, backoffMs } from './backoff.ts';

/** `failures` failed attempts in a row open the breaker; it stays open for `resetMs`. */
export interface BreakerOptions {
  readonly failures: number;
  readonly resetMs: number;
  readonly backoff: BackoffOptions;
}

/** As shown in `sink_circuit_breaker_state`. */
export type BreakerState = 'closed' | 'half-open' | 'open';

/**
 * Decides when a lane may send. A sink that took nothing of a batch has failed as a whole: from then on only one
 * attempt at a time is made (the probe, always the lane's oldest batch) until one succeeds. Below `failures` the
 * pauses follow the backoff; from then on they are `resetMs` long. Failures of attempts that were already on their way when the
 * first one failed say nothing new and are not counted.
 *
 * Pure: it holds no timer and asks no clock. `RetryManagerV2` calls it and owns the ticker.
 */
export class CircuitBreaker {
  readonly #options: BreakerOptions;
  readonly #random: () => number;
  #failures = 0;
  #retryAtMs = 0;
  #isProbing = false;

  constructor(options: BreakerOptions, random: () => number = Math.random) {
    this.#options = options;
    this.#random = random;
  }

  get state(): BreakerState {
    if (this.#failures < this.#options.failures) return 'closed';
    return this.#isProbing ? 'half-open' : 'open';
  }

  /** Failed probes in a row; 0 while the sink works. */
  get failures(): number {
    return this.#failures;
  }

  /** Whether the last word of the sink was a failure: then only probes are sent. */
  get isFailing(): boolean {
    return this.#failures > 0;
  }

  /** When the next probe may go, on the monotonic clock. */
  get retryAtMs(): number {
    return this.#retryAtMs;
  }

  /** Whether a probe may be sent now. */
  mayProbe(nowMs: number): boolean {
    return this.isFailing && !this.#isProbing && nowMs >= this.#retryAtMs;
  }

  /** A probe is on its way. */
  probing(): void {
    this.#isProbing = true;
  }

  /** The sink took something. Returns whether it had been failing. */
  succeeded(): boolean {
    const wasFailing = this.isFailing;
    this.#failures = 0;
    this.#isProbing = false;
    return wasFailing;
  }

  /**
   * The sink took nothing. `afterMs` is the sink's own word (`Retry-After`) and a lower bound. Returns whether
   * this set a new time for the next probe.
   */
  failed(nowMs: number, wasProbe: boolean, afterMs = 0): boolean {
    if (this.isFailing && !wasProbe) return false;
    this.#isProbing = false;
    this.#failures++;
    const isOpen = this.#failures >= this.#options.failures;
    const pauseMs = isOpen
      ? this.#options.resetMs
      : backoffMs(this.#options.backoff, this.#failures, this.#random);
    this.#retryAtMs = nowMs + Math.max(pauseMs, afterMs);
    return true;
  }
}
