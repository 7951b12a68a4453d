/** One value of the history is so long. */
const BUCKET_MS = 5000;
/** Five minutes. */
const BUCKETS = 60;
/** The present rate is that of the last full buckets, this many. */
const PRESENT = 2;

/** How much passed, over the last five minutes, in a fixed piece of memory and without a timer. */
export class Throughput {
  readonly #counts = new Float64Array(BUCKETS);
  /** The bucket that was counted in last, since 1970. */
  #last = 0;

  /** `amount` passed at `nowMs`, in milliseconds since 1970; a clock that goes back counts where it was. */
  add(amount: number, nowMs: number): void {
    this.#counts[this.#advance(nowMs) % BUCKETS]! += amount;
  }

  /** How much a second, for each five seconds that are over, oldest first. */
  history(nowMs: number): number[] {
    const now = this.#advance(nowMs);
    const at = (n: number): number => this.#counts[(now + 1 + n) % BUCKETS]!;
    return Array.from({ length: BUCKETS - 1 }, (_, n) => (at(n) * 1000) / BUCKET_MS);
  }

  /** How much a second of late. */
  perSecond(nowMs: number): number {
    return (
      this.history(nowMs)
        .slice(-PRESENT)
        .reduce((sum, rate) => sum + rate, 0) / PRESENT
    );
  }

  /** Empties what nothing was counted in since; returns the bucket of now. */
  #advance(nowMs: number): number {
    const now = Math.max(this.#last, Math.floor(nowMs / BUCKET_MS));
    const skipped = Math.min(now - this.#last, BUCKETS);
    for (let n = 0; n < skipped; n++) this.#counts[(now - n) % BUCKETS] = 0;
    this.#last = now;
    return now;
  }
}
