import { putAscii, putDigits } from '../../../pkg/json-bytes/json-bytes.ts';
import type { Part } from '../../../pkg/types/batch.ts';
import { JsonValueWriter, maxJsonBytes } from '../json-value.ts';
import { nanosOf, secondsOf } from '../record-time.ts';
import { ScratchPool } from '../scratch-pool.ts';
import { putVarint, varintBytes } from '../varint.ts';
import { HEADER_BYTES, putHeader } from './batch-header.ts';
import type { Codec } from './codecs.ts';
import { POSITION_DIGITS, type RecordFormat, type RecordFrame } from './record-frame.ts';
import { putVarlong, varlongBytes } from './varlong.ts';

/** Size, attributes, time, offset, size of the value: each at its largest. */
const MAX_HEAD_BYTES = 5 + 1 + 8 + 5 + 5;
const EMPTY_HEADER = Buffer.alloc(HEADER_BYTES);
const START_BYTES = 2 * 1024 * 1024;
/** Memory that a huge record has grown is not kept beyond this size. */
const KEPT_BYTES = 8 * START_BYTES;

export interface EncoderOptions {
  readonly format: RecordFormat;
  readonly dedupeHeaders: boolean;
  readonly codec: Codec;
}

/**
 * Writes RecordBatches (magic 2), one at a time, straight from the bytes of the lines:
 *
 *     encoder.start(limitBytes);
 *     let next = encoder.append(part, frame, part.from);   // < part.to: the batch is full
 *     const batch = await encoder.finish();                // the encoder is free again before this is waited for
 *     stampProducer(batch, { id, epoch, baseSequence });   // only now is it whole
 *
 * Everything that is read of a part is read within `append`.
 */
export class RecordBatchEncoder {
  /** Absent where the format is `raw`. */
  readonly #json: JsonValueWriter | undefined;
  readonly #hasPosition: boolean;
  readonly #codec: Codec;
  readonly #scratches = new ScratchPool();
  #target: Buffer = Buffer.alloc(0);
  #at = 0;
  #limit = 0;
  #records = 0;
  #baseMs = 0;
  #maxMs = 0;
  /** The time of the last record that was written. */
  #timeMs = 0;
  /** From the start of the last record to its value: where the value of the next one most likely begins. */
  #headBytes = 0;

  constructor({ format, dedupeHeaders, codec }: EncoderOptions) {
    this.#json = format === 'json' ? new JsonValueWriter() : undefined;
    this.#hasPosition = dedupeHeaders;
    this.#codec = codec;
  }

  /** Records of the batch so far. */
  get records(): number {
    return this.#records;
  }

  /** Size of the batch so far, before compression. */
  get bytes(): number {
    return this.#at;
  }

  /** Begins a batch of at most `limitBytes` before compression; what was begun before is forgotten. */
  start(limitBytes: number): void {
    const isUsable = this.#target.length > 0 && this.#target.length <= KEPT_BYTES;
    if (!isUsable) this.#target = this.#scratches.take(START_BYTES);
    this.#at = HEADER_BYTES;
    this.#limit = limitBytes;
    this.#records = 0;
  }

  /**
   * Appends the records of `part` from number `from` on, as many as there is room for; returns the number of the
   * first that was not appended, or `part.to`. The first record of a batch is appended whatever its size: whether a
   * broker takes it, only its compressed size tells.
   */
  append(part: Part, frame: RecordFrame, from: number): number {
    this.#json?.expect(part, from);
    for (let r = from; r < part.to; r++) {
      const end = this.#put(part, frame, r);
      if (end > this.#limit && this.#records > 0) return r;
      this.#at = end;
      this.#records++;
      if (this.#timeMs > this.#maxMs) this.#maxMs = this.#timeMs;
    }
    return part.to;
  }

  /**
   * The batch, compressed, without its producer and checksum (`stampProducer`), in memory of its own: the caller may
   * keep it and send it again as long as it likes. A promise only where the compression takes a thread of its own.
   */
  finish(): Buffer | Promise<Buffer> {
    const facts = {
      ...{ codec: this.#codec.id, records: this.#records },
      ...{ baseTimestampMs: this.#baseMs, maxTimestampMs: this.#maxMs },
    };
    const whole = (pieces: readonly Buffer[]): Buffer => {
      const batch = Buffer.concat([EMPTY_HEADER, ...pieces]);
      putHeader(batch, facts);
      return batch;
    };
    const scratch = this.#target;
    const records = scratch.subarray(HEADER_BYTES, this.#at);
    const body = this.#codec.compress?.(records) ?? [records];
    if (!(body instanceof Promise)) return whole(body);
    this.#target = this.#scratches.take(START_BYTES);
    return body.then(whole).finally(() => this.#scratches.give(scratch));
  }

  /** Writes record `r` behind the batch, without appending it; returns where it ends. */
  #put(part: Part, frame: RecordFrame, r: number): number {
    const lineFrom = part.spans[2 * r]!;
    const lineTo = part.spans[2 * r + 1]!;
    const sec = secondsOf(part, r);
    const nanos = nanosOf(part, r);
    this.#timeMs = sec * 1000 + Math.floor(nanos / 1e6);
    if (this.#records === 0) this.#baseMs = this.#maxMs = this.#timeMs;
    const deltaMs = this.#timeMs - this.#baseMs;
    const target = this.#room(frame, lineTo - lineFrom);
    const start = this.#at;
    const guess = start + this.#headBytes;
    const valueEnd =
      this.#json?.put(target, guess, part, r, frame.valueTail) ??
      guess + part.bytes.copy(target, guess, lineFrom, lineTo);
    const valueBytes = valueEnd - guess;
    const tailBytes = frame.headers.length + (this.#hasPosition ? POSITION_DIGITS : 0);
    const size =
      1 +
      varlongBytes(deltaMs) +
      varintBytes(2 * this.#records) +
      frame.key.length +
      varintBytes(2 * valueBytes) +
      valueBytes +
      tailBytes;
    const headBytes = varintBytes(2 * size) + size - valueBytes - tailBytes;
    if (headBytes !== this.#headBytes) {
      target.copyWithin(start + headBytes, guess, valueEnd);
      this.#headBytes = headBytes;
    }
    let at = putVarint(target, start, 2 * size);
    target[at++] = 0;
    at = putVarlong(target, at, deltaMs);
    at = putVarint(target, at, 2 * this.#records);
    at = putAscii(target, at, frame.key);
    at = putVarint(target, at, 2 * valueBytes) + valueBytes;
    at = putAscii(target, at, frame.headers);
    return this.#hasPosition ? putPosition(target, at, sec, nanos) : at;
  }

  /** Sees to it that a record has room behind the batch, however many escapes its line needs. */
  #room(frame: RecordFrame, lineBytes: number): Buffer {
    const valueBytes =
      this.#json === undefined ? lineBytes : maxJsonBytes(lineBytes) + frame.valueTail.length;
    const frameBytes = frame.key.length + frame.headers.length + POSITION_DIGITS;
    const needed = this.#at + MAX_HEAD_BYTES + this.#headBytes + frameBytes + valueBytes;
    if (needed > this.#target.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#target.length));
      this.#target.copy(larger, 0, 0, this.#at);
      this.#target = larger;
    }
    return this.#target;
  }
}

/** The value of `lc.pos`. */
function putPosition(target: Buffer, start: number, sec: number, nanos: number): number {
  return putDigits(target, putDigits(target, start, sec, POSITION_DIGITS - 9), nanos, 9);
}
