import type { Clock } from '../clock/clock.ts';

const PAUSE_MS = 10_000;
/** A collection of a heap of 20 MB takes 30 to 90 ms, and that of a larger one longer: no more than 1 % of the time. */
const PAUSES_PER_COLLECTION = 100;

/** Has garbage taken away before memory is needed for something else, and what is free given back to the system. */
export class GarbageCollector {
  readonly #clock: Clock;
  readonly #run: () => void;
  #nextMs = Number.NEGATIVE_INFINITY;

  /** `run` collects; without `--expose-gc` nothing does. */
  constructor(clock: Clock, run: () => void = collectAll) {
    this.#clock = clock;
    this.#run = run;
  }

  /** Collects, unless that was done just now. */
  collect(): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs < this.#nextMs) return;
    this.#run();
    const endMs = this.#clock.monotonicMs();
    this.#nextMs = Math.max(nowMs + PAUSE_MS, endMs + (endMs - nowMs) * PAUSES_PER_COLLECTION);
  }
}

/** Other flavors leave the free pages with the process. */
function collectAll(): void {
  globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
