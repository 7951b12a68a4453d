import { isUtf8 } from 'node:buffer';
import { MAX_ESCAPED_BYTES, putAscii, putDigits, putEscaped } from '../../../pkg/json-bytes/json-bytes.ts';
import type { Part } from '../../../pkg/types/batch.ts';
import { nanosOf, secondsOf } from '../record-time.ts';

/* {"timestamp":"2026-11-21T11:29:00.000000001Z","line":"…","labels":{…}} */
const HEAD = '{"timestamp":"';
const LINE_HEAD = Buffer.from('Z","line":"');
/** `2026-11-21T11:29:00.` */
const SECOND_CHARS = 20;
const NANOS_DIGITS = 9;
const FIXED_BYTES = HEAD.length + SECOND_CHARS + NANOS_DIGITS + LINE_HEAD.length;

/** Size that a value has at most; its tail is not counted. */
export function maxJsonBytes(lineBytes: number): number {
  return FIXED_BYTES + lineBytes * MAX_ESCAPED_BYTES;
}

/** Writes the values of format `json`. */
export class JsonValueWriter {
  /** The head of a value up to the fraction of its second. */
  readonly #head = Buffer.from(HEAD.padEnd(HEAD.length + SECOND_CHARS));
  #headSec = -1;
  /** This stretch of the part's bytes is valid UTF-8. */
  #validFrom = 0;
  #validTo = 0;

  /** Records `from` … of `part` come next: looks at their bytes all at once. */
  expect({ bytes, spans, to }: Part, from: number): void {
    const start = spans[2 * from]!;
    const end = Math.max(start, spans[2 * to - 1]!);
    const isValid = isUtf8(bytes.subarray(start, end));
    this.#validFrom = start;
    this.#validTo = isValid ? end : start;
  }

  /** Writes the value of record `r` at `start`; returns where it ends. `tail` is what follows the line. */
  put(target: Buffer, start: number, part: Part, r: number, tail: Buffer): number {
    const { bytes, spans } = part;
    const from = spans[2 * r]!;
    const to = spans[2 * r + 1]!;
    let at = putAscii(target, start, this.#headOf(secondsOf(part, r)));
    at = putDigits(target, at, nanosOf(part, r), NANOS_DIGITS);
    at = putAscii(target, at, LINE_HEAD);
    if (this.#isValid(bytes, from, to)) at = putEscaped(target, at, bytes, from, to);
    else {
      const repaired = Buffer.from(bytes.toString('utf8', from, to));
      at = putEscaped(target, at, repaired, 0, repaired.length);
    }
    return putAscii(target, at, tail);
  }

  #headOf(sec: number): Buffer {
    if (sec === this.#headSec) return this.#head;
    this.#headSec = sec;
    this.#head.write(new Date(sec * 1000).toISOString().slice(0, SECOND_CHARS), HEAD.length, 'latin1');
    return this.#head;
  }

  /** Within a stretch of valid UTF-8 only the ends of a line can be in the middle of a character. */
  #isValid(bytes: Buffer, from: number, to: number): boolean {
    if (from >= this.#validFrom && to <= this.#validTo)
      return !isContinuation(bytes[from]!) && !isContinuation(bytes[to]!);
    return isUtf8(bytes.subarray(from, to));
  }
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
