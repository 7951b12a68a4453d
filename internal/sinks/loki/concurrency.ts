import type { Clock } from '../../../pkg/clock/clock.ts';
import { WaitingLine } from '../waiting-line.ts';

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
  readonly #line = new WaitingLine();

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
    else if (!(await this.#line.wait(signals))) return undefined;
    const startMs = this.#clock.monotonicMs();
    return {
      end: sign => {
        if (sign === 'busy') this.#halve(startMs);
        else if (sign === 'answered') this.#note(this.#clock.monotonicMs() - startMs);
        this.#underWay--;
        while (this.#underWay < this.#limit && this.#line.next()) this.#underWay++;
      },
    };
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
