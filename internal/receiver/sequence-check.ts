import { crc32 } from 'node:zlib';
import { grown, type PushTable } from './push-table.ts';

const SPACE = 0x20;
const DIGIT_0 = 0x30;
const MAX_SOURCE_BYTES = 64;
const MAX_SOURCES = 1024;
/** Numbers from here on are not followed: four bytes of memory are spent on each below. */
const MAX_NUMBER = 2 ** 25;

/** What arrived of one source, whose lines are numbered from 0. */
export interface SourceReport {
  readonly source: string;
  /** Lines that were taken, each as often as it came. */
  readonly lines: number;
  /** Different numbers among them. */
  readonly distinct: number;
  /** The largest number; -1 when none came. */
  readonly highest: number;
  /** Numbers below `highest` that did not come. */
  readonly missing: number;
  /** Came again just as before: same stream, time and text. Loki keeps one. */
  readonly resent: number;
  /** Came again with another stream, time or text: Loki keeps both, so this is a duplicate. */
  readonly duplicates: number;
  /** Came for the first time after a larger number. */
  readonly outOfOrder: number;
  /** Sum of the CRC-32 of every different line, modulo 2^32, whatever their order. */
  readonly textSum: number;
}

interface Source {
  readonly name: Buffer;
  lines: number;
  distinct: number;
  highest: number;
  resent: number;
  duplicates: number;
  outOfOrder: number;
  textSum: number;
  /** For each number a digest of its stream, time and text; 0 for those that did not come. */
  prints: Uint32Array<ArrayBuffer>;
}

/**
 * Follows lines of the form `<source> <n> …` as they arrive and counts what is missing, came twice or came out
 * of order: a run of gigabytes is verified without keeping it.
 */
export class SequenceCheck {
  readonly #sources = new Map<string, Source>();
  #last: Source | undefined;
  #unnumbered = 0;

  /** Lines that were not of the form, or beyond what is followed. */
  get unnumbered(): number {
    return this.#unnumbered;
  }

  /** Counts the entries of a push that were taken. */
  observe(table: PushTable): void {
    for (const { labels, from, to } of table.streams) {
      const streamPrint = crc32(labels);
      for (let i = from; i < to; i++) {
        if (table.taken[i] === 0) continue;
        const line = table.bytes.subarray(table.start[i]!, table.end[i]!);
        this.add(line, table.sec[i]!, table.nanos[i]!, streamPrint);
      }
    }
  }

  /** Counts one line; `streamPrint` is some digest of its stream. */
  add(line: Buffer, sec: number, nanos: number, streamPrint: number): void {
    const space = nameLength(line);
    const number = space < 0 ? -1 : parseNumber(line, space + 1);
    const source = number < 0 ? undefined : this.#source(line, space);
    if (source === undefined) this.#unnumbered++;
    else count(source, number, crc32(line), (Math.imul(sec, 31) ^ nanos ^ streamPrint) >>> 0);
  }

  report(): SourceReport[] {
    return [...this.#sources].map(([source, { prints, name, ...counts }]) => ({
      source,
      ...counts,
      missing: counts.highest + 1 - counts.distinct,
    }));
  }

  /** The source whose name is the first `length` bytes of `line`; nearly always the one of the line before. */
  #source(line: Buffer, length: number): Source | undefined {
    const last = this.#last;
    if (last !== undefined && last.name.length === length && startsWith(line, last.name)) return last;
    const name = line.toString('latin1', 0, length);
    const known = this.#sources.get(name);
    if (known === undefined && this.#sources.size >= MAX_SOURCES) return undefined;
    const source = known ?? emptySource(name);
    this.#sources.set(name, source);
    this.#last = source;
    return source;
  }
}

function count(source: Source, number: number, textPrint: number, placePrint: number): void {
  source.lines++;
  if (number >= source.prints.length) grow(source, number);
  const print = (textPrint ^ Math.imul(placePrint, 0x9e37_79b1)) >>> 0 || 1;
  const known = source.prints[number]!;
  if (known === print) source.resent++;
  else if (known !== 0) source.duplicates++;
  else {
    source.prints[number] = print;
    source.distinct++;
    source.textSum = (source.textSum + textPrint) >>> 0;
    if (number < source.highest) source.outOfOrder++;
    else source.highest = number;
  }
}

function grow(source: Source, number: number): void {
  let capacity = source.prints.length;
  while (capacity <= number) capacity *= 2;
  source.prints = grown(source.prints, new Uint32Array(capacity));
}

function emptySource(name: string): Source {
  const prints = new Uint32Array(4096);
  const counts = { lines: 0, distinct: 0, highest: -1, resent: 0, duplicates: 0, outOfOrder: 0, textSum: 0 };
  return { name: Buffer.from(name, 'latin1'), prints, ...counts };
}

/** Bytes before the first space; -1 when it is not among the first. */
function nameLength(line: Buffer): number {
  const end = Math.min(line.length, MAX_SOURCE_BYTES + 1);
  for (let i = 0; i < end; i++) if (line[i] === SPACE) return i;
  return -1;
}

/** Names are short: a loop costs less than a native call. */
function startsWith(line: Buffer, name: Buffer): boolean {
  for (let i = 0; i < name.length; i++) if (line[i] !== name[i]) return false;
  return true;
}

/** The decimal number that begins at `from` and ends at a space or at the line's end; -1 when there is none. */
function parseNumber(line: Buffer, from: number): number {
  let number = 0;
  let i = from;
  for (; i < line.length && line[i] !== SPACE; i++) {
    const digit = line[i]! - DIGIT_0;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
    if (number >= MAX_NUMBER) return -1;
  }
  return i === from ? -1 : number;
}
