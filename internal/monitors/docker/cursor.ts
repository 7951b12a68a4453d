import { crc32 } from 'node:zlib';
import { OUTPUTS, type OutputName } from '../formats/entry-reader.ts';
import type { LineBuffer } from './line-buffer.ts';
import type { OutputLines } from './message-reader.ts';

/** A time of the engine. */
export type Moment = { readonly sec: number; readonly nanos: number };

/** Where the reader is in one output, counted from the mark. */
export type Cursor = {
  /** How many lines of it were read since the mark, the marked one among them. */
  readonly lines: number;
  /** CRC-32 of these lines, to tell them from others. */
  readonly check: number;
  /** The engine's time of the last line. */
  readonly sec: number;
  readonly nanos: number;
  /** By how many nanoseconds the last line's record is later than that. */
  readonly ahead: number;
};

/**
 * Where the reader is in the log of a container, as far as the engine lets it be said: times are all that it knows, and
 * a clock that was set back gives some of them twice. So there is a mark: a line that is younger than every line before
 * it. Wherever a replay begins, the first line that is as old as the mark is the marked one, and behind it come those
 * that were read since, in each output in the same order.
 */
export type DockerPosition = {
  /** From when on the engine has to be asked to give the marked line and all behind it; `null`: from the beginning. */
  readonly since: Moment | null;
  readonly mark: Moment | null;
  /** The highest time of any line so far. */
  readonly highest: Moment | null;
} & { readonly [output in OutputName]?: Cursor };

export const START: DockerPosition = { since: null, mark: null, highest: null };

/**
 * From when on a log has to be read of which a place is searched for by its times; `null`: from its beginning, for the
 * clock was set back since the mark.
 */
export function searchedFrom({ since, mark }: DockerPosition): Moment | null {
  const isSetBack = since !== null && mark !== null && since.sec + 2 * DISORDER_SEC < mark.sec;
  return isSetBack ? null : since;
}

/** How many of the whole lines of each output are passed. */
export type Counts = Readonly<Record<OutputName, number>>;

/** What one output logs may have a time so much before that of what another logged before. */
export const DISORDER_SEC = 1;
/** Before every line. */
export const LONG_AGO: Moment = { sec: -1, nanos: 0 };
const NANOS = 1e9;
const NO_TIMES = new Uint32Array(0);
const NEWLINE = Buffer.from('\n');

/** What is known when lines were passed. */
export interface Passed {
  readonly position: DockerPosition;
  /** The times of their records, for each output. */
  readonly times: Readonly<Record<OutputName, Uint32Array>>;
}

/** Passes the first `counts` lines of each output (at least one), which come behind `from`. */
export function pass(from: DockerPosition, outputs: OutputLines, counts: Counts): Passed {
  const { mark, markOrder, highest, last } = findMark(from, outputs, counts);
  const cursors: { [output in OutputName]?: Cursor } = {};
  const times: Record<OutputName, Uint32Array> = { stdout: NO_TIMES, stderr: NO_TIMES };
  for (const name of OUTPUTS) {
    times[name] = recordTimes(from[name], outputs[name], counts[name]);
    const cursor = cursorBehind(from[name], outputs[name], times[name], markOrder);
    if (cursor !== undefined) cursors[name] = cursor;
  }
  const oldest = mark !== null && isBefore(mark, last) ? mark : last;
  const since = mark === null ? from.since : { ...oldest, sec: Math.max(0, oldest.sec - DISORDER_SEC) };
  return { position: { since, mark, highest, ...cursors }, times };
}

interface Mark {
  readonly mark: Moment | null;
  /** The place of the marked line among all lines; -1 where the mark is that of before. */
  readonly markOrder: number;
  readonly highest: Moment;
  readonly last: Moment;
}

/** Goes through the lines of both outputs in the order of the log. */
function findMark(from: DockerPosition, { stdout, stderr }: OutputLines, counts: Counts): Mark {
  // What waits, or was being put together then, must not come to lie before the mark.
  const held = Math.min(stdout.orderAt(counts.stdout), stderr.orderAt(counts.stderr));
  // Numbers only, for each line: `marked` is where the marked one stands in `times`.
  let [marked, markOrder] = [-1, -1];
  let markLines = stdout;
  let { sec, nanos } = from.highest ?? LONG_AGO;
  let last = LONG_AGO;
  for (let a = 0, b = 0; a < counts.stdout || b < counts.stderr; ) {
    const isOut = b === counts.stderr || (a < counts.stdout && stdout.orderAt(a) < stderr.orderAt(b));
    const lines = isOut ? stdout : stderr;
    const line = isOut ? a++ : b++;
    const at = 2 * (lines.first + line);
    const s = lines.times[at]!;
    const n = lines.times[at + 1]!;
    if (s > sec || (s === sec && n > nanos)) {
      sec = s;
      nanos = n;
      const order = lines.orderAt(line);
      if (order < held && lines.dividesLines(line)) {
        marked = at;
        markLines = lines;
        markOrder = order;
      }
    }
    if (a === counts.stdout && b === counts.stderr) last = { sec: s, nanos: n };
  }
  const mark = marked === -1 ? from.mark : momentAt(markLines, marked);
  return { mark, markOrder, highest: { sec, nanos }, last };
}

function momentAt({ times }: LineBuffer, at: number): Moment {
  return { sec: times[at]!, nanos: times[at + 1]! };
}

/** The cursor behind the lines that become records at `times`; `undefined` where there was never one. */
function cursorBehind(
  from: Cursor | undefined,
  lines: LineBuffer,
  times: Uint32Array,
  markOrder: number,
): Cursor | undefined {
  const count = times.length / 2;
  const before = markOrder === -1 ? from : undefined;
  const first = markOrder === -1 ? 0 : lines.countBefore(markOrder, count);
  const read = {
    lines: (before?.lines ?? 0) + count - first,
    check: checkOf(lines, first, count, before?.check ?? 0),
  };
  if (count === 0) return from && { ...from, ...read };
  const at = 2 * (lines.first + count - 1);
  const [sec, nanos] = [lines.times[at]!, lines.times[at + 1]!];
  const ahead = (times.at(-2)! - sec) * NANOS + times.at(-1)! - nanos;
  return { ...read, sec, nanos, ahead };
}

/**
 * The times of the records that the first `count` lines become: `[sec, nanos, …]`. A record has the engine's time of
 * its line; lines that share a nanosecond get the next ones, for Loki stores equal time and text once. It depends on
 * the cursor and the lines alone: what is read again gets the same times.
 */
function recordTimes(from: Cursor | undefined, lines: LineBuffer, count: number): Uint32Array {
  const times = lines.times.slice(lines.first * 2, (lines.first + count) * 2);
  let [sec, nanos, ahead] = [from?.sec ?? LONG_AGO.sec, from?.nanos ?? 0, from?.ahead ?? 0];
  for (let i = 0; i < times.length; i += 2) {
    const [s, n] = [times[i]!, times[i + 1]!];
    // Not before the last line, and not behind its record: the next nanosecond.
    const since = (s - sec) * NANOS + n - nanos;
    ahead = since >= 0 && since <= ahead ? ahead - since + 1 : 0;
    [sec, nanos] = [s, n];
    if (ahead === 0) continue;
    times[i] = s + Math.floor((n + ahead) / NANOS);
    times[i + 1] = (n + ahead) % NANOS;
  }
  return times;
}

/** CRC-32 of some lines of a buffer, after `check`; of those that stand one behind the other in one go. */
export function checkOf(lines: LineBuffer, from: number, to: number, check: number): number {
  const { spans, bytes } = lines;
  const end = 2 * (lines.first + to);
  let sum = check;
  for (let at = 2 * (lines.first + from); at < end; at += 2) {
    const start = spans[at]!;
    // What is between them is a newline.
    while (at + 2 < end && spans[at + 2] === spans[at + 1]! + 1) at += 2;
    sum = crc32(NEWLINE, crc32(bytes.subarray(start, spans[at + 1]), sum));
  }
  return sum;
}

export function isBefore(a: Moment, b: Moment): boolean {
  return a.sec < b.sec || (a.sec === b.sec && a.nanos < b.nanos);
}
