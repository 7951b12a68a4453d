import { type Clock, delay, type Timer } from '../../../pkg/clock/clock.ts';

/** A log is asked about when it has been silent so many times as long as it often is, within these bounds; */
const UNUSUAL = 4;
const SHORTEST_MS = 2000;
const LONGEST_MS = 60_000;
/** and again when the silence has lasted twice as long, or so much longer. */
const LONGEST_PAUSE_MS = 3_600_000;
/** Whenever something comes, so much is left of the longest silence before. */
const REMEMBERED = 0.9;
/** What was just written is on its way for so long. */
const ON_ITS_WAY_MS = 200;

/**
 * The silence of a log that is followed. It may mean that there is nothing to say, or that the log hangs: engines up to
 * 20.10 lose touch with a log when they rotate it, and do not say so. So the engine is asked whether it has more: soon
 * where a log falls silent that was not silent for long before, rarely where that is as usual.
 */
export class Silence {
  readonly #clock: Clock;
  readonly #hidesLines: () => Promise<boolean>;
  readonly #onHanging: () => void;
  /** Since when; `undefined` where it is none. */
  #sinceMs: number | undefined;
  /** How long it often is. */
  #usualMs = 0;
  /** How long it has to last until the engine is asked. */
  #dueMs = 0;
  #timer: Timer | undefined;
  #timerAtMs = 0;

  /** `hidesLines`: whether the engine has more than it gave; `onHanging` is called when that is so, and stays so. */
  constructor(clock: Clock, hidesLines: () => Promise<boolean>, onHanging: () => void) {
    this.#clock = clock;
    this.#hidesLines = hidesLines;
    this.#onHanging = onHanging;
  }

  /** How long it has lasted; 0 where it is none. */
  get ms(): number {
    return this.#sinceMs === undefined ? 0 : this.#clock.monotonicMs() - this.#sinceMs;
  }

  /** All that came was dealt with: what follows is silence. */
  begin(): void {
    this.#sinceMs = this.#clock.monotonicMs();
    this.#dueMs = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, this.#usualMs * UNUSUAL));
    // A busy log costs a timer in two seconds, not one each time.
    if (this.#timer === undefined || this.#timerAtMs > this.#sinceMs + this.#dueMs) this.#arm();
  }

  /** Something came. */
  end(): void {
    if (this.#sinceMs === undefined) return;
    this.#usualMs = Math.max(this.ms, this.#usualMs * REMEMBERED);
    this.#sinceMs = undefined;
  }

  /** Nothing will come any more. */
  close(): void {
    this.#sinceMs = undefined;
    this.#timer?.clear();
  }

  #arm(): void {
    const leftMs = this.#dueMs - this.ms;
    this.#timer?.clear();
    this.#timerAtMs = this.#clock.monotonicMs() + leftMs;
    this.#timer = this.#clock.after(leftMs, () => {
      this.#timer = undefined;
      if (this.#sinceMs === undefined) return;
      if (this.ms < this.#dueMs) this.#arm();
      else void this.#look(this.#sinceMs);
    });
  }

  async #look(sinceMs: number): Promise<void> {
    this.#dueMs += Math.min(this.#dueMs, LONGEST_PAUSE_MS);
    this.#arm();
    if (!(await this.#hidesLines())) return;
    await delay(this.#clock, ON_ITS_WAY_MS);
    if (this.#sinceMs === sinceMs) this.#onHanging();
  }
}
