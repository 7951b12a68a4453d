import { isUtf8 } from 'node:buffer';
import { JsonTextReader } from '../../../pkg/json-bytes/unescape.ts';
import { Rfc3339Reader } from '../../../pkg/rfc3339/rfc3339.ts';
import { type EntryReader, OUTPUTS, type OutputName } from './entry-reader.ts';

const [BACKSLASH, QUOTE, LETTER_N, LF] = [0x5c, 0x22, 0x6e, 0x0a];
const [COLON, COMMA, OPEN, CLOSE, BLANK] = [0x3a, 0x2c, 0x7b, 0x7d, 0x20];
/** What an entry of the engine begins with, */
const HEAD = Buffer.from('{"log":"');
/** what stands behind its text, up to the name of the output, */
const STREAM = Buffer.from('","stream":"std');
const OUT = Buffer.from('out"');
const ERR = Buffer.from('err"');
/** what stands before the attributes, where the log of the container has some, */
const ATTRS = Buffer.from(',"attrs":');
/** what stands before the time, */
const TIME = Buffer.from(',"time":"');
/** and what it ends with. */
const END = Buffer.from('"}');
const MIN_TIME_LENGTH = 20;
const MAX_TIME_LENGTH = 35;

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
  #bytes: Buffer = END;
  #entryFrom = 0;
  #entryTo = 0;
  /** The inside of the JSON string that is the text. */
  #from = 0;
  #to = 0;
  /** Where the next backslash is, from the last place that was asked for: most lines have one, and others none for long. */
  #nextBackslash = -1;
  /** And where the next text with attributes behind it ends. */
  #nextStream = -1;
  /** Of an entry that does not look as usual. */
  #text: string | undefined;

  begin(): void {
    this.#nextBackslash = -1;
    this.#nextStream = -1;
  }

  read(bytes: Buffer, from: number, to: number): boolean {
    this.#bytes = bytes;
    this.#entryFrom = from;
    this.#entryTo = to;
    this.#text = undefined;
    return this.#readUsual(bytes, from, to) || this.#readOther(bytes, from, to);
  }

  put(target: Buffer, at: number): number {
    if (this.#text === undefined) {
      const end = this.#putUsual(target, at);
      if (end >= 0 || !this.#readOther(this.#bytes, this.#entryFrom, this.#entryTo)) return end;
    }
    return at + target.write(this.#text ?? '', at);
  }

  /** -1 where the text ends before the rest of the entry begins: then it is not as usual. */
  #putUsual(target: Buffer, at: number): number {
    const bytes = this.#bytes;
    const from = this.#from;
    const to = this.#to;
    const escaped = this.#backslashFrom(from, to);
    if (escaped !== to - 2 || bytes[to - 1] !== LETTER_N) return this.#texts.put(target, at, bytes, from, to);
    if (bytes.indexOf(QUOTE, from) < escaped) return -1;
    bytes.copy(target, at, from, escaped);
    const end = at + escaped - from;
    target[end] = LF;
    return end + 1;
  }

  #readUsual(bytes: Buffer, from: number, to: number): boolean {
    const text = from + HEAD.length;
    const timeEnd = to - END.length;
    const timeStart = startOfTime(bytes, timeEnd);
    const end = timeStart - TIME.length;
    if (end < text || !has(bytes, from, HEAD) || !has(bytes, end, TIME) || !has(bytes, timeEnd, END))
      return false;
    const textEnd =
      bytes[end - 1] === CLOSE ? this.#beforeAttributes(bytes, text, end) : end - OUT.length - STREAM.length;
    if (textEnd < text || !has(bytes, textEnd, STREAM)) return false;
    if (!this.#readOutput(bytes, textEnd + STREAM.length) || !this.#readTime(bytes, timeStart, timeEnd))
      return false;
    this.#from = text;
    this.#to = textEnd;
    return true;
  }

  /** `out` or `err`. */
  #readOutput(bytes: Buffer, at: number): boolean {
    const isErr = has(bytes, at, ERR);
    this.output = isErr ? 1 : 0;
    return isErr || has(bytes, at, OUT);
  }

  /** Where the text ends that begins at `from`, when the attributes end at `to`; -1 where there are none. */
  #beforeAttributes(bytes: Buffer, from: number, to: number): number {
    // No text has this in it: a quote in a text has a backslash before it.
    if (this.#nextStream < from) {
      const found = bytes.indexOf(STREAM, from);
      this.#nextStream = found === -1 ? Number.MAX_SAFE_INTEGER : found;
    }
    const attributes = this.#nextStream + STREAM.length + OUT.length + ATTRS.length;
    const areThere = attributes < to && has(bytes, attributes - ATTRS.length, ATTRS);
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

  /** The first backslash at `from` or behind it, but not behind `to`. */
  #backslashFrom(from: number, to: number): number {
    if (this.#nextBackslash < from) {
      const found = this.#bytes.indexOf(BACKSLASH, from);
      this.#nextBackslash = found === -1 ? Number.MAX_SAFE_INTEGER : found;
    }
    return Math.min(this.#nextBackslash, to);
  }
}

/** Behind the quote before the time that ends at `end`; -1 where none is near. */
function startOfTime(bytes: Buffer, end: number): number {
  for (let at = end - MIN_TIME_LENGTH; at >= end - MAX_TIME_LENGTH && at > 0; at--) {
    if (bytes[at - 1] === QUOTE) return at;
  }
  return -1;
}

function has(bytes: Buffer, at: number, text: Buffer): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
  return true;
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
