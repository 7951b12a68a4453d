import type { Clock } from '../../../pkg/clock/clock.ts';
import type { Failure } from '../../../pkg/types/outcome.ts';

/** The second attempt follows the first at once; this is the pause before the third. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 500;
/** How long a send waits for a partition that is known to be stalled, and how often one does. */
const PROBE_MS = 1000;
const PROBE_EVERY_MS = 3000;

/** What goes wrong with one partition, since when, and how long to wait for it. */
export class Trouble {
  readonly #name: string;
  readonly #clock: Clock;
  readonly #patienceMs: number;
  #failures = 0;
  #failure = NOBODY;
  #isOutage = false;
  #sinceMs = Number.POSITIVE_INFINITY;
  #notBeforeMs = 0;
  #nextProbeMs = 0;

  /** `name`: of the partition. `patienceMs`: how long a send waits before the partition counts as stalled. */
  constructor(name: string, clock: Clock, patienceMs: number) {
    this.#name = name;
    this.#clock = clock;
    this.#patienceMs = patienceMs;
  }

  /** Why nothing gets through, when nothing does. */
  get why(): Failure {
    const { kind, message } = this.#failure;
    return { kind, message: `${this.#name}: ${message}` };
  }

  /** Whether no broker at all could be asked, when it was last tried. */
  get isOutage(): boolean {
    return this.#isOutage;
  }

  /** How long to leave the partition alone before the next attempt. */
  get pauseMs(): number {
    return Math.max(0, this.#notBeforeMs - this.#clock.monotonicMs());
  }

  /** How long a send should wait for the partition: 0 where that would be in vain. */
  patienceMs(): number {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs < this.#sinceMs + this.#patienceMs) return this.#patienceMs;
    // In an outage there is one send at a time anyway: the lane's probe.
    if (nowMs < this.#nextProbeMs && !this.#isOutage) return 0;
    this.#nextProbeMs = nowMs + PROBE_EVERY_MS;
    return PROBE_MS;
  }

  /** An attempt failed; `afterMs` is the broker's own word for how long to wait. */
  failed(failure: Failure, afterMs = 0, isOutage = false): void {
    const nowMs = this.#clock.monotonicMs();
    // A send that is patient for a short time only makes several attempts nevertheless.
    const longestMs = Math.min(LONGEST_PAUSE_MS, this.#patienceMs / 4);
    const pauseMs = Math.min(FIRST_PAUSE_MS * (2 ** this.#failures++ - 1), longestMs);
    this.#failure = failure;
    this.#isOutage = isOutage;
    this.#sinceMs = Math.min(this.#sinceMs, nowMs);
    this.#notBeforeMs = nowMs + Math.max(pauseMs, afterMs);
  }

  /** Something was stored. */
  isOver(): void {
    this.#failures = 0;
    this.#failure = NOBODY;
    this.#isOutage = false;
    this.#sinceMs = Number.POSITIVE_INFINITY;
  }
}

/** No broker leads the partition, as far as is known. */
export const NOBODY: Failure = { kind: 'unavailable', message: 'no broker leads the partition' };
