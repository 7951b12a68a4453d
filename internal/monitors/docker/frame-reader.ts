import { OUTPUTS } from '../formats/entry-reader.ts';
import type { LineBuffer } from './line-buffer.ts';
import type { MessageReader, OutputLines } from './message-reader.ts';
import { MAX_TIMESTAMP_BYTES, Timestamp } from './timestamp.ts';

/** Output stream, three zeros, length of the message (big endian); then the message, its time first. */
const HEADER_BYTES = 8;
/** The engine cuts lines at 16 KiB, drivers that keep longer pieces at 256 KiB. */
const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;
const SYSTEM_ERROR = 3;

/**
 * Reads the multiplexed stream of a container without a terminal, straight into the lines of its output streams. What
 * is cut between two pieces is the few bytes of a header and a time at most: those are put together in `#head`.
 * https://docs.docker.com/reference/api/engine/ (Attach to a container, Stream format)
 */
export class FrameReader implements MessageReader {
  readonly #outputs: OutputLines;
  readonly #time = new Timestamp();
  #badTimes = 0;
  readonly #head = Buffer.alloc(HEADER_BYTES + MAX_TIMESTAMP_BYTES);
  #headBytes = 0;
  /** Of the message that is being read; `undefined` where its text is nobody's. */
  #lines: LineBuffer | undefined;
  #leftBytes = 0;

  constructor(outputs: OutputLines) {
    this.#outputs = outputs;
  }

  takeBadTimes(): number {
    const bad = this.#badTimes;
    this.#badTimes = 0;
    return bad;
  }

  push(bytes: Buffer, from: number, to: number): string | undefined {
    let at = from;
    while (at < to) {
      if (this.#leftBytes === 0) {
        const text = this.#readHead(bytes, at, to);
        if (typeof text === 'string') return text;
        at = text;
      }
      const end = Math.min(to, at + this.#leftBytes);
      this.#lines?.append(bytes, at, end);
      this.#leftBytes -= end - at;
      at = end;
      if (this.#leftBytes === 0 && this.#headBytes === 0) this.#lines?.end();
    }
    return undefined;
  }

  /** Returns where the text of the message begins; `to` where more is needed to know. */
  #readHead(bytes: Buffer, from: number, to: number): number | string {
    if (this.#headBytes === 0 && to - from >= headBytes(bytes, from, to)) {
      return this.#begin(bytes, from, to);
    }
    let at = from;
    while (at < to && this.#headBytes < headBytes(this.#head, 0, this.#headBytes)) {
      this.#head[this.#headBytes++] = bytes[at++]!;
    }
    const length = this.#headBytes;
    if (length < headBytes(this.#head, 0, length)) return at;
    this.#headBytes = 0;
    const text = this.#begin(this.#head, 0, length);
    if (typeof text === 'string') return text;
    this.#lines?.append(this.#head, text, length);
    this.#leftBytes -= length - text;
    return at;
  }

  /** Reads header and time at `from`; returns where the text begins. */
  #begin(bytes: Buffer, from: number, to: number): number | string {
    const output = bytes[from]!;
    const length = bytes.readUInt32BE(from + 4);
    const isFrame = output <= SYSTEM_ERROR && bytes.readUIntBE(from + 1, 3) === 0;
    if (!isFrame || length > MAX_MESSAGE_BYTES) {
      return `a frame of stream ${output} with ${length} bytes is impossible`;
    }
    const start = from + HEADER_BYTES;
    const name = OUTPUTS[output - 1];
    this.#lines = name === undefined || length === 0 ? undefined : this.#outputs[name];
    let text = this.#time.read(bytes, start, Math.min(to, start + length));
    if (text === -1) {
      text = start;
      if (this.#lines !== undefined) this.#badTimes++;
    }
    this.#leftBytes = length - (text - start);
    this.#lines?.begin(this.#time.sec, this.#time.nanos);
    return text;
  }
}

/** How many bytes of a message have to be there to know its time: as far as they tell, more or less. */
function headBytes(bytes: Buffer, from: number, to: number): number {
  if (to - from < HEADER_BYTES) return HEADER_BYTES;
  return HEADER_BYTES + Math.min(bytes.readUInt32BE(from + 4), MAX_TIMESTAMP_BYTES);
}
