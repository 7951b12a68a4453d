import type { Clock } from '../../../pkg/clock/clock.ts';

/** How fast the two averages of latency follow: the last few requests, and what is usual. */
const RECENT_SHARE = 0.3;
const USUAL_SHARE = 0.05;
/** Latency is flat while the recent average is not above this multiple of the usual one. */
const FLAT = 1.5;

/**
 * What a request told of the server: it answered; it said, or showed by its silence, that it has too much to do; or
 * nothing, for the request did not get there, or was given up.
 */
export type Sign = 'answered' | 'busy' | 'nothing';

/** A request that was let through. */
export interface Permit {
  /** It has ended. */
  end(sign: Sign): void;
}

/**
 * How many requests may be under way at once: one at first, one more after each round of requests whose latency was
 * flat, half after a sign that the server has too much to do. Callers wait in the order in which they came.
 */
export class Concurrency {
  readonly #max: number;
  readonly #clock: Clock;
  readonly #onChange: (limit: number) => void;
  #limit = 1;
  #underWay = 0;
  #good = 0;
  #recentMs = 0;
  #usualMs = 0;
  #halvedAtMs = Number.NEGATIVE_INFINITY;
  readonly #waiting: (() => void)[] = [];

  constructor(max: number, clock: Clock, onChange: (limit: number) => void) {
    this.#max = max;
    this.#clock = clock;
    this.#onChange = onChange;
    onChange(this.#limit);
  }

  get limit(): number {
    return this.#limit;
  }

  /** Waits until one more request may go, or until one of `signals` is aborted: then there is no permit. */
  async enter(signals: readonly AbortSignal[]): Promise<Permit | undefined> {
    if (signals.some(({ aborted }) => aborted)) return undefined;
    if (this.#underWay < this.#limit) this.#underWay++;
    else if (!(await this.#turn(signals))) return undefined;
    const startMs = this.#clock.monotonicMs();
    return {
      end: sign => {
        if (sign === 'busy') this.#halve(startMs);
        else if (sign === 'answered') this.#note(this.#clock.monotonicMs() - startMs);
        this.#underWay--;
        while (this.#underWay < this.#limit && this.#waiting.length > 0) {
          this.#underWay++;
          this.#waiting.shift()!();
        }
      },
    };
  }

  /** Resolves with true when it is the caller's turn, which is counted as under way then; with false on an abort. */
  #turn(signals: readonly AbortSignal[]): Promise<boolean> {
    return new Promise(resolve => {
      const settle = (isIn: boolean): void => {
        for (const signal of signals) signal.removeEventListener('abort', onAbort);
        resolve(isIn);
      };
      const enter = (): void => settle(true);
      const onAbort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        settle(false);
      };
      for (const signal of signals) signal.addEventListener('abort', onAbort);
      this.#waiting.push(enter);
    });
  }

  /** Requests that were under way at the last halving say nothing new. */
  #halve(startMs: number): void {
    this.#good = 0;
    if (startMs < this.#halvedAtMs) return;
    this.#halvedAtMs = this.#clock.monotonicMs();
    this.#set(Math.max(1, Math.floor(this.#limit / 2)));
  }

  #note(latencyMs: number): void {
    const isFirst = this.#usualMs === 0;
    this.#recentMs += (latencyMs - this.#recentMs) * (isFirst ? 1 : RECENT_SHARE);
    this.#usualMs += (latencyMs - this.#usualMs) * (isFirst ? 1 : USUAL_SHARE);
    if (this.#recentMs > this.#usualMs * FLAT) this.#good = 0;
    else if (++this.#good >= this.#limit && this.#limit < this.#max) this.#set(this.#limit + 1);
  }

  #set(limit: number): void {
    this.#good = 0;
    if (limit === this.#limit) return;
    this.#limit = limit;
    this.#onChange(limit);
  }
}
