import type { BigIntStats } from 'node:fs';
import type { Clock, Timer } from '../../../pkg/clock/clock.ts';

/** How long later one is looked at again. */
export const LOOK_AGAIN_MS = 2_000;

/** Files that changed a moment ago, so that it is not certain yet what they are: they are looked at again. */
export class Unsettled {
  readonly #clock: Clock;
  readonly #touched: (path: string) => void;
  readonly #timers = new Map<string, Timer>();

  /** `touched` has the file at a path looked at. */
  constructor(clock: Clock, touched: (path: string) => void) {
    this.#clock = clock;
    this.#touched = touched;
  }

  /** Ends waiting. */
  stop(): void {
    for (const timer of this.#timers.values()) timer.clear();
  }

  /**
   * Whether a file changed within this time; also its time stamps count, for those of archives are those of what was
   * compressed. The clock of a file server may be a little ahead of ours.
   */
  isYounger(stat: BigIntStats, limitMs: number): boolean {
    return Math.abs(this.#clock.now() - Number(stat.ctimeMs)) < limitMs;
  }

  lookAgain(path: string): void {
    if (this.#timers.has(path)) return;
    const look = (): void => {
      this.#timers.delete(path);
      this.#touched(path);
    };
    this.#timers.set(path, this.#clock.after(LOOK_AGAIN_MS, look));
  }
}
