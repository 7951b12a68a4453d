import { isUtf8 } from 'node:buffer';
import { MAX_ESCAPED_BYTES, putAscii, putEscaped } from '../../pkg/json-bytes/json-bytes.ts';
import type { Part } from '../../pkg/types/batch.ts';
import type { Stream } from '../../pkg/types/stream.ts';
import { nanosOf, RFC3339_BYTES, Rfc3339, secondsOf } from './record-time.ts';

/* {"timestamp":"2026-11-21T11:29:00.000000001Z","line":"…","labels":{…}} */
const HEAD = '{"timestamp":"';
const LINE_HEAD = Buffer.from('","line":"');
const FIXED_BYTES = HEAD.length + RFC3339_BYTES + LINE_HEAD.length;

/** Size that a value has at most; its tail is not counted. */
export function maxJsonBytes(lineBytes: number): number {
  return FIXED_BYTES + lineBytes * MAX_ESCAPED_BYTES;
}

/** What ends the values of a stream, from the quote that closes the line. */
export function jsonTail({ labels }: Stream): Buffer {
  return Buffer.from(`","labels":${JSON.stringify(labels)}}`);
}

/** Writes records in the JSON of all sinks that have a `format: json`. */
export class JsonValueWriter {
  readonly #time = new Rfc3339(HEAD);
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
    let at = this.#time.put(target, start, secondsOf(part, r), nanosOf(part, r));
    at = putAscii(target, at, LINE_HEAD);
    if (this.#isValid(bytes, from, to)) at = putEscaped(target, at, bytes, from, to);
    else {
      const repaired = Buffer.from(bytes.toString('utf8', from, to));
      at = putEscaped(target, at, repaired, 0, repaired.length);
    }
    return putAscii(target, at, tail);
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
