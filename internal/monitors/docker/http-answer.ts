/** Takes the body of an answer, piece by piece. */
export type OnBody = (bytes: Buffer, from: number, to: number) => void;

const CRLF = Buffer.from('\r\n');
const MAX_HEAD_BYTES = 64 * 1024;
const MAX_SIZE_LINE_BYTES = 1024;

type Stage = 'head' | 'size' | 'data' | 'data end' | 'trailer' | 'whole' | 'until the end' | 'done';

/**
 * Reads one HTTP/1.1 answer from its bytes, in pieces of any size, and hands its body on where it stands. Node's own
 * parser calls back for every HTTP chunk, and the engine makes one of every line. RFC 9112.
 */
export class HttpAnswer {
  /** 0 until the head is there. */
  status = 0;
  readonly #onBody: OnBody;
  #stage: Stage = 'head';
  #left = 0;
  /** The piece of a line that has not ended yet. */
  #rest: Buffer = Buffer.alloc(0);

  constructor(onBody: OnBody) {
    this.#onBody = onBody;
  }

  /** Whether all of the answer is there, so that its end is no accident. */
  get isComplete(): boolean {
    return this.#stage === 'done';
  }

  /** Takes more bytes; says why where they are no HTTP. */
  push(bytes: Buffer): string | undefined {
    let at = 0;
    while (at < bytes.length) {
      if (this.#stage === 'data' || this.#stage === 'whole') at = this.#data(bytes, at);
      else if (this.#stage === 'until the end') {
        this.#onBody(bytes, at, bytes.length);
        return undefined;
      } else if (this.#stage === 'done') return undefined;
      else {
        const end = bytes.indexOf(CRLF[1]!, at);
        const limit = this.#stage === 'head' ? MAX_HEAD_BYTES : MAX_SIZE_LINE_BYTES;
        const line = end === -1 ? bytes.length : end + 1;
        if (this.#rest.length + line - at > limit) return 'the answer is no HTTP';
        const problem = this.#line(bytes, at, line, end !== -1);
        if (problem !== undefined) return problem;
        at = line;
      }
    }
    return undefined;
  }

  #data(bytes: Buffer, from: number): number {
    const to = Math.min(bytes.length, from + this.#left);
    this.#onBody(bytes, from, to);
    this.#left -= to - from;
    if (this.#left === 0) this.#stage = this.#stage === 'whole' ? 'done' : 'data end';
    return to;
  }

  /** A line, or the beginning of one. */
  #line(bytes: Buffer, from: number, to: number, isWhole: boolean): string | undefined {
    if (this.#stage === 'size' && isWhole && this.#rest.length === 0) {
      return this.#size(hexNumber(bytes, from, to));
    }
    const piece = bytes.subarray(from, to);
    // A copy: the bytes are not ours.
    this.#rest = this.#rest.length === 0 ? Buffer.from(piece) : Buffer.concat([this.#rest, piece]);
    if (!isWhole) return undefined;
    if (this.#stage === 'head') return this.#head();
    const line = this.#rest;
    this.#rest = Buffer.alloc(0);
    if (this.#stage === 'size') return this.#size(hexNumber(line, 0, line.length));
    if (this.#stage === 'data end') this.#stage = 'size';
    else if (line.length <= 2) this.#stage = 'done';
    return undefined;
  }

  #head(): string | undefined {
    const text = this.#rest.toString('latin1');
    if (!text.endsWith('\r\n\r\n') && !text.endsWith('\n\n')) return undefined;
    this.#rest = Buffer.alloc(0);
    const status = /^HTTP\/1\.[01] (\d{3})\b/.exec(text)?.[1];
    if (status === undefined) return 'the answer is no HTTP';
    this.status = Number(status);
    const length = /^content-length:[ \t]*(\d+)[ \t]*\r?$/im.exec(text)?.[1];
    this.#left = Number(length ?? 0);
    if (/^transfer-encoding:.*\bchunked[ \t]*\r?$/im.test(text)) this.#stage = 'size';
    else if (length === undefined) this.#stage = 'until the end';
    else this.#stage = this.#left === 0 ? 'done' : 'whole';
    return undefined;
  }

  #size(size: number): string | undefined {
    if (Number.isNaN(size)) return 'the answer has a chunk without a size';
    this.#left = size;
    this.#stage = size === 0 ? 'trailer' : 'data';
    return undefined;
  }
}

/** The hexadecimal number at `from`, as far as a line ending or a semicolon; NaN where there is none. */
function hexNumber(bytes: Buffer, from: number, to: number): number {
  let value = 0;
  let at = from;
  for (; at < to; at++) {
    const digit = hexDigit(bytes[at]!);
    if (digit === -1) break;
    value = value * 16 + digit;
  }
  const isEnded = bytes[at] === 13 || bytes[at] === 10 || bytes[at] === 59;
  return at > from && at - from <= 8 && isEnded ? value : Number.NaN;
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 0x20;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
