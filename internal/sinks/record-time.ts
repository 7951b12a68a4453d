import { putAscii, putDigits } from '../../pkg/json-bytes/json-bytes.ts';
import type { Part } from '../../pkg/types/batch.ts';

/** Whole seconds of the time of record `r`: its own, or the part's base time plus r nanoseconds. */
export function secondsOf(part: Part, r: number): number {
  if (part.times !== undefined) return part.times[2 * r]!;
  return part.base.nanos + r < 1e9 ? part.base.sec : part.base.sec + 1;
}

/** The nanoseconds within that second. */
export function nanosOf(part: Part, r: number): number {
  if (part.times !== undefined) return part.times[2 * r + 1]!;
  const nanos = part.base.nanos + r;
  return nanos < 1e9 ? nanos : nanos - 1e9;
}

const SECOND_BYTES = '2026-11-21T07:24:32.'.length;
/** Size of a time as `Rfc3339` writes it. */
export const RFC3339_BYTES = '2026-11-21T07:24:32.123456789Z'.length;
const Z = 0x5a;

/** Writes times as RFC 3339 in UTC, to the nanosecond. Those of one second cost one look-up of the calendar. */
export class Rfc3339 {
  readonly #prefixBytes: number;
  /** The prefix, and the time up to the fraction of its second. */
  readonly #head: Buffer;
  #headSec = Number.NaN;

  /** `prefix`: ASCII that comes before each time. */
  constructor(prefix = '') {
    this.#prefixBytes = prefix.length;
    this.#head = Buffer.from(prefix.padEnd(prefix.length + SECOND_BYTES));
  }

  /** Writes the prefix and `RFC3339_BYTES` to `target` at `start`; returns where they end. */
  put(target: Buffer, start: number, sec: number, nanos: number): number {
    if (sec !== this.#headSec) {
      const second = new Date(sec * 1000).toISOString().slice(0, SECOND_BYTES);
      this.#head.write(second, this.#prefixBytes, 'latin1');
      this.#headSec = sec;
    }
    const at = putDigits(target, putAscii(target, start, this.#head), nanos, 9);
    target[at] = Z;
    return at + 1;
  }
}
