import { Rfc3339Reader } from '../../../pkg/rfc3339/rfc3339.ts';

/** `2026-11-21T11:35:45.054985884Z`: what the engine puts before every message, a blank behind it; or without zeros at the end, */
const SHORTEST_BYTES = 20;
/** or with an offset of hours and minutes. */
export const MAX_TIMESTAMP_BYTES = 40;
const BLANK = 0x20;

/** Reads the times of messages without making an object for each: the last one read is in `sec` and `nanos`. */
export class Timestamp {
  readonly #time = new Rfc3339Reader();

  /** Seconds since 1970. */
  get sec(): number {
    return this.#time.sec;
  }

  get nanos(): number {
    return this.#time.nanos;
  }

  /** Reads the timestamp at `from`; returns where the text behind it begins, or -1 where none can be read. */
  read(bytes: Buffer, from: number, to: number): number {
    const end = endOfTime(bytes, from, to);
    return end !== -1 && this.#time.read(bytes, from, end) ? end + 1 : -1;
  }
}

function endOfTime(bytes: Buffer, from: number, to: number): number {
  const last = Math.min(to, from + MAX_TIMESTAMP_BYTES);
  for (let at = from + SHORTEST_BYTES; at < last; at++) if (bytes[at] === BLANK) return at;
  return -1;
}
