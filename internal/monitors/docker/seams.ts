import type { Clock } from '../../../pkg/clock/clock.ts';
import { OUTPUTS } from '../formats/entry-reader.ts';
import { LONG_AGO, type Moment } from './cursor.ts';
import type { OutputLines } from './message-reader.ts';

/** Engines write logs at less than this: bursts of 90 MB/s were seen. */
const MAX_BYTES_PER_MS = 200_000;
/** An engine notices within so long that a log was rotated, unless the machine is very busy. */
const NOTICE_MS = 300;
/** So many more may be on their way, besides those that are there. */
const MARGIN_LINES = 64;

/** Between two lines that came one after the other. */
interface Gap {
  readonly from: Moment;
  readonly to: Moment;
}

/** Asks an engine for lines that it has since a moment: the last so many, or up to another. `undefined` where it does not say. */
export type AskForLines = (
  since: Moment,
  limit: { readonly tail: number } | { readonly until: Moment },
) => Promise<OutputLines | undefined>;

/**
 * Where an engine goes from one file of a log to the next while it is followed. Up to 20.10 it opens the newest then, so
 * it leaves out what was rotated twice meanwhile (moby, `daemon/logger/loggerutils/logfile.go`, `followLogs`): a whole
 * file, written between the last line of the old one and the first of the new. Only a pause that is long enough can hide
 * one, and only where the line before it came so late that the engine may not have noticed a rotation. About such a gap
 * it is asked. What was logged before the connection began it gives as a whole. One for each connection.
 */
export class Seams {
  readonly #clock: Clock;
  readonly #ask: AskForLines;
  /** The shortest pause in which a file can be filled. */
  readonly #pauseMs: number;
  readonly #beganMs: number;
  /** The highest time of the lines that have been seen. */
  #sec: number;
  #nanos: number;
  /** When they had come. */
  #arrivedMs: number;

  /** `highest`: of the lines that were read before; `fileBytes`: how long a file gets until it is rotated. */
  constructor(clock: Clock, ask: AskForLines, highest: Moment | null, fileBytes: number) {
    this.#clock = clock;
    this.#ask = ask;
    this.#sec = highest?.sec ?? LONG_AGO.sec;
    this.#nanos = highest?.nanos ?? LONG_AGO.nanos;
    this.#pauseMs = fileBytes / MAX_BYTES_PER_MS;
    this.#beganMs = clock.now();
    this.#arrivedMs = this.#beganMs;
  }

  /** Whether the engine has left out lines before one of those that wait. */
  async areTorn(lines: OutputLines): Promise<boolean> {
    const gaps = this.#gapsIn(lines);
    const from = gaps[0]?.from;
    const to = gaps.at(-1)?.to;
    if (from === undefined || to === undefined) return false;
    const last = await this.#ask(from, { tail: lines.stdout.count + lines.stderr.count + MARGIN_LINES });
    const all = goesBackTo(last, from) ? last : await this.#ask(from, { until: to });
    // An engine that does not say, for it is just rotating the log, is better asked for all of it anew.
    return all === undefined || countIn(all, gaps) > countIn(lines, gaps);
  }

  /** The pauses before lines that have not been seen yet, that may hide a file. */
  #gapsIn({ stdout, stderr }: OutputLines): Gap[] {
    const gaps: Gap[] = [];
    const nowMs = this.#clock.now();
    for (let a = 0, b = 0; a < stdout.count || b < stderr.count; ) {
      const isOut = stdout.orderAt(a) < stderr.orderAt(b);
      const lines = isOut ? stdout : stderr;
      const at = 2 * (lines.first + (isOut ? a++ : b++));
      const sec = lines.times[at]!;
      const nanos = lines.times[at + 1]!;
      if (sec < this.#sec || (sec === this.#sec && nanos <= this.#nanos)) continue;
      if (this.#mayHide(sec, nanos)) {
        gaps.push({ from: { sec: this.#sec, nanos: this.#nanos }, to: { sec, nanos } });
      }
      this.#sec = sec;
      this.#nanos = nanos;
      this.#arrivedMs = nowMs;
    }
    return gaps;
  }

  /** Whether a file may be hidden between the line before and one of this time. */
  #mayHide(sec: number, nanos: number): boolean {
    const pauseMs = (sec - this.#sec) * 1000 + (nanos - this.#nanos) / 1e6;
    const toMs = sec * 1000 + nanos / 1e6;
    const isLate = toMs > this.#beganMs && toMs <= this.#arrivedMs + NOTICE_MS;
    return isLate && pauseMs >= this.#pauseMs && this.#sec > LONG_AGO.sec;
  }
}

/** Whether lines that an engine gave begin at a moment or before it. */
function goesBackTo(lines: OutputLines | undefined, { sec, nanos }: Moment): boolean {
  return lines !== undefined && OUTPUTS.some(name => lines[name].firstSince(sec, nanos + 1) > 0);
}

/** How many lines stand inside of gaps. */
function countIn(lines: OutputLines, gaps: readonly Gap[]): number {
  let count = 0;
  for (const name of OUTPUTS) {
    const its = lines[name];
    for (const { from, to } of gaps) {
      count += its.firstSince(to.sec, to.nanos) - its.firstSince(from.sec, from.nanos + 1);
    }
  }
  return count;
}
