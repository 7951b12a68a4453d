/** What a stream may send above its rate is a limit of its own: by default five seconds' worth, perhaps less than one. */
const LOUD_SECONDS = 0.5;

/** What Loki lets a stream send, as far as the sink knows; the same for all of its streams. */
export class StreamRate {
  #bytesPerSecond: number;

  /** `bytesPerSecond`: 0 is no limit. */
  constructor(bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond === 0 ? Number.POSITIVE_INFINITY : bytesPerSecond;
  }

  get bytesPerSecond(): number {
    return this.#bytesPerSecond;
  }

  /** So many bytes more than the rate make a stream loud. */
  get loudBytes(): number {
    return this.#bytesPerSecond * LOUD_SECONDS;
  }

  /** A server refused a stream because of a limit of so many bytes a second. */
  limited(bytesPerSecond: number): void {
    this.#bytesPerSecond = Math.min(this.#bytesPerSecond, bytesPerSecond);
  }
}

/** How much of a stream has been sent lately: a bucket that runs dry at the rate that Loki allows it. */
export class Loudness {
  readonly rate: StreamRate;
  #bytes = 0;
  #atMs = 0;

  constructor(rate: StreamRate) {
    this.rate = rate;
  }

  /** Adds `bytes` that are about to be sent; whether the stream may come near to what Loki allows it. */
  add(bytes: number, nowMs: number): boolean {
    const drained = (Math.max(0, nowMs - this.#atMs) / 1000) * this.rate.bytesPerSecond;
    this.#bytes = (this.#bytes > drained ? this.#bytes - drained : 0) + bytes;
    this.#atMs = nowMs;
    return this.#bytes > this.rate.loudBytes;
  }
}
