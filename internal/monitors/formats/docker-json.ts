import { isUtf8 } from 'node:buffer';
import { JsonTextReader, viewOf } from '../../../pkg/json-bytes/unescape.ts';
import { Rfc3339Reader } from '../../../pkg/rfc3339/rfc3339.ts';
import { type EntryReader, OUTPUTS, type OutputName } from './entry-reader.ts';
import { Literal } from './literal.ts';

const [BACKSLASH, QUOTE] = [0x5c, 0x22];
const [COLON, COMMA, OPEN, CLOSE, BLANK] = [0x3a, 0x2c, 0x7b, 0x7d, 0x20];
/** What an entry of the engine begins with, */
const HEAD = new Literal('{"log":"');
/** what stands behind its text, up to the name of the output, */
const STREAM_TEXT = '","stream":"std';
const STREAM = new Literal(STREAM_TEXT);
const OUT = new Literal('out"');
const ERR = new Literal('err"');
/** what stands before the attributes, where the log of the container has some, */
const ATTRS = new Literal(',"attrs":');
/** what stands before the time, */
const TIME = new Literal(',"time":"');
/** and what it ends with. */
const END_LENGTH = 2;
const MIN_TIME_LENGTH = 20;
const USUAL_TIME_LENGTH = 30;
const MAX_TIME_LENGTH = 35;
const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Entries of Docker's json-file driver (moby, `daemon/logger/jsonfilelog/jsonlog`): a JSON object a line. Those that
 * look just as the engine writes them are read as bytes; others by `JSON.parse`.
 */
export class DockerJsonReader implements EntryReader {
  output = 0;
  sec = 0;
  nanos = 0;
  isTimed = false;
  readonly #times = new Rfc3339Reader();
  readonly #texts = new JsonTextReader();
  #bytes = NOTHING;
  #view = viewOf(NOTHING);
  #entryFrom = 0;
  #entryTo = 0;
  /** The inside of the JSON string that is the text. */
  #from = 0;
  #to = 0;
  /** Where the next text with attributes behind it ends. */
  #nextStream = -1;
  /** Of an entry that does not look as usual. */
  #text: string | undefined;

  begin(): void {
    this.#nextStream = -1;
  }

  read(bytes: Buffer, from: number, to: number): boolean {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#view = viewOf(bytes);
    }
    this.#entryFrom = from;
    this.#entryTo = to;
    this.#text = undefined;
    return this.#readUsual(bytes, from, to) || this.#readOther(bytes, from, to);
  }

  put(target: Buffer, at: number): number {
    if (this.#text === undefined) {
      // -1 where the text ends before the rest of the entry begins: then it is not as usual.
      const end = this.#texts.put(target, at, this.#bytes, this.#from, this.#to);
      if (end >= 0 || !this.#readOther(this.#bytes, this.#entryFrom, this.#entryTo)) return end;
    }
    return at + target.write(this.#text ?? '', at);
  }

  #readUsual(bytes: Buffer, from: number, to: number): boolean {
    const view = this.#view;
    const text = from + HEAD.length;
    const timeEnd = to - END_LENGTH;
    const timeStart = startOfTime(bytes, timeEnd);
    const end = timeStart - TIME.length;
    if (end < text || !HEAD.isAt(view, from) || !TIME.isAt(view, end)) return false;
    if (bytes[timeEnd] !== QUOTE || bytes[timeEnd + 1] !== CLOSE) return false;
    const textEnd =
      bytes[end - 1] === CLOSE ? this.#beforeAttributes(bytes, text, end) : end - OUT.length - STREAM.length;
    if (textEnd < text || !STREAM.isAt(view, textEnd)) return false;
    if (!this.#readOutput(textEnd + STREAM.length) || !this.#readTime(bytes, timeStart, timeEnd))
      return false;
    this.#from = text;
    this.#to = textEnd;
    return true;
  }

  /** `out` or `err`. */
  #readOutput(at: number): boolean {
    const isErr = ERR.isAt(this.#view, at);
    this.output = isErr ? 1 : 0;
    return isErr || OUT.isAt(this.#view, at);
  }

  /** Where the text ends that begins at `from`, when the attributes end at `to`; -1 where there are none. */
  #beforeAttributes(bytes: Buffer, from: number, to: number): number {
    // No text has this in it: a quote in a text has a backslash before it.
    if (this.#nextStream < from) {
      const found = bytes.indexOf(STREAM_TEXT, from);
      this.#nextStream = found === -1 ? Number.MAX_SAFE_INTEGER : found;
    }
    const attributes = this.#nextStream + STREAM.length + OUT.length + ATTRS.length;
    const areThere = attributes < to && ATTRS.isAt(this.#view, attributes - ATTRS.length);
    return areThere && isStringMap(bytes, attributes, to) ? this.#nextStream : -1;
  }

  #readTime(bytes: Buffer, from: number, to: number): boolean {
    this.isTimed = this.#times.read(bytes, from, to);
    this.sec = this.#times.sec;
    this.nanos = this.#times.nanos;
    return this.isTimed;
  }

  #readOther(bytes: Buffer, from: number, to: number): boolean {
    const { log, stream, time } = parsed(bytes.subarray(from, to));
    const output = OUTPUTS.indexOf(stream as OutputName);
    if (typeof log !== 'string' || output === -1) return false;
    const text = Buffer.from(typeof time === 'string' ? time : '');
    this.#readTime(text, 0, text.length);
    this.output = output;
    this.#text = log;
    return true;
  }
}

/** Behind the quote before the time that ends at `end`; -1 where none is near. */
function startOfTime(bytes: Buffer, end: number): number {
  if (bytes[end - USUAL_TIME_LENGTH - 1] === QUOTE) return end - USUAL_TIME_LENGTH;
  for (let at = end - MIN_TIME_LENGTH; at >= end - MAX_TIME_LENGTH && at > 0; at--) {
    if (bytes[at - 1] === QUOTE) return at;
  }
  return -1;
}

/** Whether a JSON object of nothing but strings stands at `from`, up to its brace before `to`; no byte is escaped. */
function isStringMap(bytes: Buffer, from: number, to: number): boolean {
  if (bytes[from] !== OPEN) return false;
  let at = from;
  do {
    const colon = endOfString(bytes, at + 1, to);
    if (bytes[colon] !== COLON) return false;
    at = endOfString(bytes, colon + 1, to);
  } while (bytes[at] === COMMA);
  return at === to - 1;
}

/** Behind the JSON string that begins at `at`; -1 where there is none, or one with escapes. */
function endOfString(bytes: Buffer, at: number, to: number): number {
  if (bytes[at] !== QUOTE) return -1;
  for (let i = at + 1; i < to; i++) {
    const byte = bytes[i]!;
    if (byte === QUOTE) return i + 1;
    if (byte < BLANK || byte === BACKSLASH) return -1;
  }
  return -1;
}

/** The fields of a JSON object; none where it is no such object. */
function parsed(json: Buffer): Readonly<Record<string, unknown>> {
  if (!isUtf8(json)) return {};
  try {
    const value: unknown = JSON.parse(json.toString());
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    // Not JSON: the line is passed on as it is.
    return {};
  }
}
