import type { Clock } from '../../../pkg/clock/clock.ts';
import type { Failure } from '../../../pkg/types/outcome.ts';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1000;
/** How long a send waits for a partition that is known to be stalled, and how often one does. */
const PROBE_MS = 1000;
const PROBE_EVERY_MS = 3000;

/** What goes wrong with one partition, since when, and how long to wait for it. */
export class Trouble {
  readonly #clock: Clock;
  readonly #patienceMs: number;
  #failures = 0;
  #failure: Failure | undefined;
  #sinceMs = Number.POSITIVE_INFINITY;
  #notBeforeMs = 0;
  #nextProbeMs = 0;

  /** `patienceMs`: how long a send waits before the partition counts as stalled. */
  constructor(clock: Clock, patienceMs: number) {
    this.#clock = clock;
    this.#patienceMs = patienceMs;
  }

  /** Why the last attempt failed, if nothing was stored since. */
  get failure(): Failure | undefined {
    return this.#failure;
  }

  /** How long to leave the partition alone before the next attempt. */
  get pauseMs(): number {
    return Math.max(0, this.#notBeforeMs - this.#clock.monotonicMs());
  }

  /** How long a send should wait for the partition: 0 where that would be in vain. */
  patienceMs(): number {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs < this.#sinceMs + this.#patienceMs) return this.#patienceMs;
    if (nowMs < this.#nextProbeMs) return 0;
    this.#nextProbeMs = nowMs + PROBE_EVERY_MS;
    return PROBE_MS;
  }

  /** An attempt failed; `afterMs` is the broker's own word for how long to wait. */
  failed(failure: Failure, afterMs = 0): void {
    const nowMs = this.#clock.monotonicMs();
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** this.#failures++, LONGEST_PAUSE_MS);
    this.#failure = failure;
    this.#sinceMs = Math.min(this.#sinceMs, nowMs);
    this.#notBeforeMs = nowMs + Math.max(pauseMs, afterMs);
  }

  /** Something was stored. */
  isOver(): void {
    this.#failures = 0;
    this.#failure = undefined;
    this.#sinceMs = Number.POSITIVE_INFINITY;
  }
}
