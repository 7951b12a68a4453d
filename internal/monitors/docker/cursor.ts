import { crc32 } from 'node:zlib';
import type { OutputName } from '../formats/entry-reader.ts';
import type { LineBuffer } from './line-buffer.ts';

/**
 * Where the reader is in one output stream, as far as the engine lets it be said: times are all it knows, and a clock
 * that was set back gives some of them twice. The line that had the highest time is the mark: a replay that begins
 * with it or before it has that line and those behind it in the same order.
 */
export type Cursor = {
  /** The highest time that a line has had. */
  readonly sec: number;
  readonly nanos: number;
  /** How many lines were read from the first one on that had it. */
  readonly lines: number;
  /** CRC-32 of these lines, to tell them from others with the same time. */
  readonly check: number;
  /** The engine's time of the last line: lower only where the clock was set back. */
  readonly lastSec: number;
  readonly lastNanos: number;
  /** By how many nanoseconds the last line's record is later than that. */
  readonly ahead: number;
};

/** A time of the engine. */
export type Moment = { readonly sec: number; readonly nanos: number };

/** What is remembered of a container. */
export type DockerPosition = {
  /** From where on the engine has to be asked to give all that was not read; `null`: from the beginning. */
  readonly since: Moment | null;
} & { readonly [output in OutputName]?: Cursor };

const NEWLINE = Buffer.from('\n');
const NANOS = 1e9;

/** A cursor on its way, and the times of the records that it passed. */
export interface Advance {
  readonly cursor: Cursor;
  /** `[sec, nanos, …]`: the time of each line's record. */
  readonly times: Uint32Array;
}

/**
 * Moves a cursor over the first `count` lines of a buffer (at least one). A record has the engine's time of its line;
 * lines that share a nanosecond get the next ones, for Loki stores equal time and text once. It depends on the cursor
 * and the lines alone: what is read again gets the same times.
 */
export function advance(from: Cursor | undefined, lines: LineBuffer, count: number): Advance {
  const own = lines.times.subarray(lines.first * 2, (lines.first + count) * 2);
  const times = new Uint32Array(own.length);
  let [sec, nanos, mark] = [from?.sec ?? -1, from?.nanos ?? 0, -1];
  let [lastSec, lastNanos, ahead] = [from?.lastSec ?? -1, from?.lastNanos ?? 0, from?.ahead ?? 0];
  for (let i = 0; i < own.length; i += 2) {
    const [s, n] = [own[i]!, own[i + 1]!];
    if (s > sec || (s === sec && n > nanos)) [sec, nanos, mark] = [s, n, i / 2];
    // Not before the last line, and not behind its record: the next nanosecond.
    const since = (s - lastSec) * NANOS + n - lastNanos;
    ahead = since >= 0 && since <= ahead && lastSec >= 0 ? ahead - since + 1 : 0;
    [lastSec, lastNanos] = [s, n];
    const total = n + ahead;
    times[i] = s + Math.floor(total / NANOS);
    times[i + 1] = total % NANOS;
  }
  const first = Math.max(mark, 0);
  const [before, check] = mark === -1 ? [from?.lines ?? 0, from?.check ?? 0] : [0, 0];
  const cursor = {
    ...{ sec, nanos, lines: before + count - first },
    check: checkOf(lines, first, count, check),
    ...{ lastSec, lastNanos, ahead },
  };
  return { cursor, times };
}

/** Where to ask for more: what another output stream logged a little earlier may come a little later. */
const DISORDER_SEC = 2;

/** From where on the engine has to be asked after all that it gave was read. */
export function sinceOf(cursors: readonly (Cursor | undefined)[]): Moment | null {
  const lasts = cursors
    .filter(each => each !== undefined)
    .map(each => ({ sec: each.lastSec, nanos: each.lastNanos }));
  const latest = lasts.reduce(later, { sec: 0, nanos: 0 });
  const margin = { sec: latest.sec - DISORDER_SEC, nanos: latest.nanos };
  if (lasts.length === 0) return null;
  // Where each has a last line, nothing that is missing can be older than the older of the two.
  if (lasts.length < cursors.length) return margin;
  return later(margin, lasts.reduce(earlier));
}

/** CRC-32 of some lines of a buffer, after `check`. */
export function checkOf(lines: LineBuffer, from: number, to: number, check: number): number {
  let sum = check;
  for (let line = lines.first + from; line < lines.first + to; line++) {
    sum = crc32(NEWLINE, crc32(lines.bytes.subarray(lines.spans[2 * line], lines.spans[2 * line + 1]), sum));
  }
  return sum;
}

/** The later of two moments. */
export function later(a: Moment, b: Moment): Moment {
  return a.sec > b.sec || (a.sec === b.sec && a.nanos > b.nanos) ? a : b;
}

/** The earlier of two moments. */
export function earlier(a: Moment, b: Moment): Moment {
  return later(a, b) === a ? b : a;
}
