import { crc32 } from 'node:zlib';
import {
  escapedBytes,
  MAX_ESCAPED_BYTES,
  putAscii,
  putDigits,
  putEscaped,
} from '../../pkg/json-bytes/json-bytes.ts';
import type { Batch, Part } from '../../pkg/types/batch.ts';
import type { LetterReason } from '../../pkg/types/dead-letters.ts';
import type { Stream } from '../../pkg/types/stream.ts';
import {
  BRACE,
  CRC_HEAD,
  FIXED_BYTES,
  LABELS_HEAD,
  LINE_HEAD,
  NEWLINE,
  putHex,
  QUOTE,
  TIME_HEAD,
} from './letter-format.ts';

/** What is the same in all letters of one part. */
export interface Frame {
  readonly head: Buffer;
  readonly tail: Buffer;
}

/** Letters are handed out in pieces of about this size. */
const PIECE_BYTES = 256 * 1024;
/** A sink's words are repeated in each letter. */
const MAX_REASON_CHARS = 500;
/** Times are 32-bit seconds in a chunk. */
const MAX_SEC = 2 ** 32 - 1;
const SECOND_CHARS = 20;
const LETTER_Z = 0x5a;

const NO_MEMORY = Buffer.alloc(0);

/** Turns batches into letters, straight from spans to bytes. */
export class LetterEncoder {
  readonly #sink: string;
  readonly #labels = new WeakMap<Stream, Buffer>();
  /** What is written into, and what the piece before was: kept, for letters come by the thousand or not at all. */
  #scratch = NO_MEMORY;
  #spare = NO_MEMORY;
  /** The second that `#secondText` shows, as `2026-11-21T08:15:00.`. */
  #second = -1;
  readonly #secondText = Buffer.alloc(SECOND_CHARS);

  constructor(sink: string) {
    this.#sink = sink;
  }

  /** What is the same within each part of the batch: made once, for the calls below. */
  frames(batch: Batch, reason: LetterReason): readonly Frame[] {
    const frames: Frame[] = [];
    for (const [i, part] of batch.parts.entries()) {
      const before = batch.parts[i - 1];
      // What a sink refuses are many short parts of one chunk.
      const isSame = before !== undefined && saysTheSame(before, part);
      frames.push(isSame ? frames[i - 1]! : this.#frame(part, reason));
    }
    return frames;
  }

  /** The letters of a batch. A piece is good until the next but one is asked for: write one while the next is made. */
  *pieces(batch: Batch, frames: readonly Frame[]): Generator<Buffer, void> {
    let at = 0;
    for (const [i, part] of batch.parts.entries()) {
      const frame = frames[i]!;
      const frameBytes = FIXED_BYTES + frame.head.length + frame.tail.length;
      for (let r = part.from; r < part.to; r++) {
        const lineBytes = part.spans[2 * r + 1]! - part.spans[2 * r]!;
        if (at + frameBytes + lineBytes * MAX_ESCAPED_BYTES > this.#scratch.length) {
          if (at > 0) yield this.#finish(at);
          at = 0;
          this.#fit(frameBytes, part, r);
        }
        at = this.#put(at, frame, part, r);
      }
    }
    if (at > 0) yield this.#finish(at);
  }

  /** No letters come for now: what a long one needed is let go. */
  rest(): void {
    if (this.#scratch.length > PIECE_BYTES) this.#scratch = NO_MEMORY;
    if (this.#spare.length > PIECE_BYTES) this.#spare = NO_MEMORY;
  }

  #finish(bytes: number): Buffer {
    const piece = this.#scratch.subarray(0, bytes);
    [this.#scratch, this.#spare] = [this.#spare, this.#scratch];
    return piece;
  }

  /** Makes room for one letter, however long. */
  #fit(frameBytes: number, part: Part, r: number): void {
    const { bytes, spans } = part;
    const lineBytes = spans[2 * r + 1]! - spans[2 * r]!;
    if (frameBytes + lineBytes * MAX_ESCAPED_BYTES <= this.#scratch.length) return;
    const needed = frameBytes + escapedBytes(bytes, spans[2 * r]!, spans[2 * r + 1]!);
    if (needed > this.#scratch.length) this.#scratch = Buffer.allocUnsafeSlow(Math.max(needed, PIECE_BYTES));
  }

  #put(start: number, { head, tail }: Frame, part: Part, r: number): number {
    const target = this.#scratch;
    const { bytes, spans } = part;
    let at = putAscii(target, start, LINE_HEAD);
    at = putEscaped(target, at, bytes, spans[2 * r]!, spans[2 * r + 1]!);
    at += head.copy(target, at);
    at = this.#putTime(at, part, r);
    at += tail.copy(target, at);
    const checksum = crc32(target.subarray(start, at));
    at = putAscii(target, at, CRC_HEAD);
    at = putHex(target, at, checksum);
    target[at++] = QUOTE;
    target[at++] = BRACE;
    target[at++] = NEWLINE;
    return at;
  }

  /** The time of record `r`: its own, or the part's base time plus r nanoseconds. */
  #putTime(at: number, { times, base }: Part, r: number): number {
    const total = base.nanos + r;
    const sec = times === undefined ? base.sec + Math.floor(total / 1e9) : times[2 * r]!;
    const nanos = times === undefined ? total % 1e9 : times[2 * r + 1]!;
    if (sec !== this.#second) this.#showSecond(sec);
    const end = putDigits(this.#scratch, putAscii(this.#scratch, at, this.#secondText), nanos, 9);
    this.#scratch[end] = LETTER_Z;
    return end + 1;
  }

  #showSecond(sec: number): void {
    this.#second = sec;
    const shownMs = Math.min(Math.max(sec, 0), MAX_SEC) * 1000;
    this.#secondText.write(new Date(shownMs).toISOString().slice(0, SECOND_CHARS), 'latin1');
  }

  #frame(part: Part, reason: LetterReason): Frame {
    const { origin, position = null, stream } = part;
    const rest = {
      sink: this.#sink,
      cause: reason.cause,
      kind: reason.kind ?? null,
      reason: reason.message?.slice(0, MAX_REASON_CHARS) ?? null,
      attempts: reason.attempts,
      first: isoTime(reason.firstAtMs),
      last: isoTime(reason.lastAtMs),
      monitor: origin.monitor,
      source: origin.source,
      position,
    };
    // The closing brace is that of the whole letter; the opening one gives way to the end of the time.
    const tail = Buffer.from(`",${JSON.stringify(rest).slice(1, -1)}`);
    return { head: this.#head(stream), tail };
  }

  #head(stream: Stream): Buffer {
    let head = this.#labels.get(stream);
    if (head === undefined) {
      head = Buffer.concat([LABELS_HEAD, Buffer.from(JSON.stringify(stream.labels)), TIME_HEAD]);
      this.#labels.set(stream, head);
    }
    return head;
  }
}

/** Whether two parts differ in their records only. */
function saysTheSame(a: Part, b: Part): boolean {
  return a.stream === b.stream && a.origin === b.origin && a.position === b.position;
}

/** The letters of a batch take at most so many bytes. */
export function maxLetterBytes(batch: Batch, frames: readonly Frame[]): number {
  return frameBytes(batch, frames) + batch.bytes * MAX_ESCAPED_BYTES;
}

/** The letters of a batch take exactly so many bytes; looks at every byte. */
export function exactLetterBytes(batch: Batch, frames: readonly Frame[]): number {
  let bytes = frameBytes(batch, frames);
  for (const { bytes: lines, spans, from, to } of batch.parts)
    for (let r = from; r < to; r++) bytes += escapedBytes(lines, spans[2 * r]!, spans[2 * r + 1]!);
  return bytes;
}

function frameBytes(batch: Batch, frames: readonly Frame[]): number {
  let bytes = 0;
  for (const [i, { from, to }] of batch.parts.entries())
    bytes += (to - from) * (FIXED_BYTES + frames[i]!.head.length + frames[i]!.tail.length);
  return bytes;
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
