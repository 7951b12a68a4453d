import { utf8Boundary } from './encodings/utf8.ts';

/** What becomes of a line longer than `maxLineBytes`. */
export type LongLine = 'truncate' | 'split' | 'drop';

export interface SplitOptions {
  /** Longest line in bytes, its line ending not counted. */
  readonly maxLineBytes: number;
  readonly longLine: LongLine;
  /** The last place at or before `cut` that does not lie inside a character; default: in UTF-8. */
  readonly boundary?: (text: Buffer, start: number, cut: number) => number;
}

/** Where a read begins and ends as far as lines are concerned. */
export interface SplitState {
  /** The bytes begin inside a line whose rest is to be dropped. */
  readonly isCut: boolean;
  /** Nothing will follow: what stands after the last newline is a line too. */
  readonly isFinal: boolean;
}

export interface Split {
  /** Records found; their spans are in the scratch array. */
  records: number;
  /** Index after the last byte that is done with. What follows has to be read again, with more behind it. */
  consumed: number;
  /** Whether `consumed` lies inside a line whose rest is to be dropped. */
  isCut: boolean;
  /** How often a line was cut or dropped for its length. */
  cuts: number;
  /** Bytes of over-long lines that are in no record. */
  lostBytes: number;
}

const LF = 10;
const CR = 13;

/**
 * Finds the lines in `bytes[from … to)`: writes `[start, end, …]` of each to `spans` and stops where it is full.
 * A line ends at LF or CRLF, which is left out; an empty line is a record. The result does not depend on how
 * the bytes were split into reads, as long as each call goes on where the one before stopped and any line of
 * `maxLineBytes` with its ending fits into one read. Called by the monitors, once a read.
 */
export function splitLines(
  bytes: Buffer,
  from: number,
  to: number,
  spans: Uint32Array,
  state: SplitState,
  options: SplitOptions,
): Split {
  const { maxLineBytes } = options;
  // indexOf looks to the end of its buffer: what lies after `to` is not ours.
  const text = to === bytes.length ? bytes : bytes.subarray(0, to);
  const split: Split = { records: 0, consumed: from, isCut: state.isCut, cuts: 0, lostBytes: 0 };
  let filled = 0;
  let start = from;
  while (filled < spans.length) {
    const newline = start < to ? text.indexOf(LF, start) : -1;
    if (newline === -1) break;
    const end = newline > start && text[newline - 1] === CR ? newline - 1 : newline;
    if (!split.isCut && end - start <= maxLineBytes) {
      spans[filled++] = start;
      spans[filled++] = end;
      start = newline + 1;
    } else {
      split.records = filled >>> 1;
      start = splitLongLine(text, start, end, newline, spans, split, options);
      filled = split.records * 2;
    }
  }
  split.records = filled >>> 1;
  split.consumed = start;
  if (filled < spans.length && start < to) splitTail(text, start, to, spans, split, state, options);
  return split;
}

/** An over-long line, or the rest of one, whose newline is there. Returns where to go on. */
function splitLongLine(
  text: Buffer,
  start: number,
  end: number,
  newline: number,
  spans: Uint32Array,
  split: Split,
  options: SplitOptions,
): number {
  if (options.longLine === 'split' && !split.isCut) {
    const rest = cutPieces(text, start, end, spans, split, options);
    // Where the spans are full, the rest is a line of its own for the next call.
    if (end - rest > options.maxLineBytes || !push(spans, split, rest, end)) return rest;
    return newline + 1;
  }
  if (!split.isCut) start = cutOff(text, start, spans, split, options);
  split.lostBytes += newline - start;
  split.isCut = false;
  return newline + 1;
}

/** What stands after the last newline: decided now only where no byte that may follow could change it. */
function splitTail(
  text: Buffer,
  start: number,
  to: number,
  spans: Uint32Array,
  split: Split,
  state: SplitState,
  options: SplitOptions,
): void {
  const { maxLineBytes } = options;
  // A last CR may be half of a line ending.
  const certain = state.isFinal || text[to - 1] !== CR ? to : to - 1;
  if (!split.isCut && certain - start > maxLineBytes) {
    if (options.longLine === 'split') start = cutPieces(text, start, certain, spans, split, options);
    else {
      start = cutOff(text, start, spans, split, options);
      split.isCut = true;
    }
  }
  if (split.isCut) {
    split.lostBytes += to - start;
    start = to;
  } else if (state.isFinal && start < to && to - start <= maxLineBytes && push(spans, split, start, to)) {
    start = to;
  }
  split.consumed = start;
}

/** Turns the beginning of an over-long line into a record, or none. Returns where the lost part begins. */
function cutOff(
  text: Buffer,
  start: number,
  spans: Uint32Array,
  split: Split,
  options: SplitOptions,
): number {
  split.cuts++;
  const { maxLineBytes, longLine, boundary = utf8Boundary } = options;
  if (longLine === 'drop') return start;
  const cut = boundary(text, start, start + maxLineBytes);
  push(spans, split, start, cut);
  return cut;
}

/** Turns an over-long line into full pieces while there is room. Returns where the rest begins. */
function cutPieces(
  text: Buffer,
  start: number,
  end: number,
  spans: Uint32Array,
  split: Split,
  options: SplitOptions,
): number {
  const { maxLineBytes, boundary = utf8Boundary } = options;
  while (end - start > maxLineBytes) {
    const cut = boundary(text, start, start + maxLineBytes);
    if (!push(spans, split, start, cut)) break;
    split.cuts++;
    start = cut;
  }
  return start;
}

function push(spans: Uint32Array, split: Split, start: number, end: number): boolean {
  const at = split.records * 2;
  if (at === spans.length) return false;
  spans[at] = start;
  spans[at + 1] = end;
  split.records++;
  return true;
}
