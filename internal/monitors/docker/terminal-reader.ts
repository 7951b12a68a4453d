import type { LineBuffer } from './line-buffer.ts';
import type { MessageReader } from './message-reader.ts';
import { MAX_TIMESTAMP_BYTES, Timestamp } from './timestamp.ts';

const LF = 10;
const SPACE = 32;
/** Where the engine cuts a line: the next piece follows at once, behind the same time. */
const PIECE_BYTES = 16 * 1024;

/**
 * Reads the stream of a container with a terminal: one output stream, no frames, a time at the beginning of every
 * message. A line without a newline at the end of a run cannot be told from the first of the next run.
 */
export class TerminalReader implements MessageReader {
  readonly #lines: LineBuffer;
  readonly #time = new Timestamp();
  #badTimes = 0;
  /** The time with which the line began, as it stands there, and how much of a head has been read. */
  readonly #first = Buffer.alloc(MAX_TIMESTAMP_BYTES);
  readonly #head = Buffer.alloc(MAX_TIMESTAMP_BYTES);
  #firstBytes = 0;
  #headBytes = 0;
  #isInHead = true;
  #pieceBytes = 0;

  constructor(lines: LineBuffer) {
    this.#lines = lines;
  }

  takeBadTimes(): number {
    const bad = this.#badTimes;
    this.#badTimes = 0;
    return bad;
  }

  push(bytes: Buffer, from: number, to: number): undefined {
    let at = from;
    while (at < to) at = this.#isInHead ? this.#readHead(bytes, at, to) : this.#readText(bytes, at, to);
  }

  #readText(bytes: Buffer, from: number, to: number): number {
    const limit = Math.min(to, from + PIECE_BYTES - this.#pieceBytes);
    const newline = bytes.indexOf(LF, from);
    const isEnd = newline !== -1 && newline < limit;
    const end = isEnd ? newline + 1 : limit;
    this.#lines.append(bytes, from, end);
    this.#pieceBytes += end - from;
    if (isEnd) this.#endLine();
    else if (this.#pieceBytes === PIECE_BYTES) this.#isInHead = true;
    return end;
  }

  #endLine(): void {
    this.#lines.end();
    this.#firstBytes = 0;
    this.#isInHead = true;
  }

  /** A head ends with its first space, or with a newline where there is none. */
  #readHead(bytes: Buffer, from: number, to: number): number {
    let at = from;
    while (at < to && this.#headBytes < MAX_TIMESTAMP_BYTES) {
      const byte = bytes[at++]!;
      this.#head[this.#headBytes++] = byte;
      if (byte === SPACE || byte === LF) break;
    }
    const last = this.#head[this.#headBytes - 1];
    if (this.#headBytes === MAX_TIMESTAMP_BYTES || last === SPACE || last === LF) this.#endHead();
    return at;
  }

  #endHead(): void {
    const length = this.#headBytes;
    this.#headBytes = 0;
    this.#pieceBytes = 0;
    this.#isInHead = false;
    if (this.#firstBytes > 0) {
      const isPiece = this.#first.compare(this.#head, 0, length, 0, this.#firstBytes) === 0;
      if (!isPiece) this.#text(0, length);
      return;
    }
    const text = this.#time.read(this.#head, 0, length);
    if (text === -1) this.#badTimes++;
    this.#lines.begin(this.#time.sec, this.#time.nanos);
    this.#firstBytes = this.#head.copy(this.#first, 0, 0, length);
    if (text === -1) this.#text(0, length);
  }

  /** What was read as a head is text. */
  #text(from: number, to: number): void {
    this.#lines.append(this.#head, from, to);
    this.#pieceBytes += to - from;
    if (this.#head[to - 1] === LF) this.#endLine();
  }
}
