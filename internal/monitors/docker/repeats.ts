import type { OutputName } from '../formats/entry-reader.ts';
import { type Cursor, checkOf, type Moment } from './cursor.ts';
import type { LineBuffer } from './line-buffer.ts';

/** Asks the engine how many lines an output has of one nanosecond; `undefined` where it does not say. */
export type CountAt = (output: OutputName, moment: Moment) => Promise<number | undefined>;

/** So much is kept back until it is sure whether it is known. */
const MAX_HELD_BYTES = 4 * 1024 * 1024;

/**
 * Takes out what an engine gives again on one connection. When it rotates the file that it follows, it often reads the
 * new one twice, as far as it has come: once after the rename, and once more for news of the same rotation (moby up to
 * 20.10, `daemon/logger/loggerutils/logfile.go`, `followLogs`). So where the lines of an output go back to an earlier
 * time, they are held until the last line before comes again. Where it does not, the clock was set back. One for each
 * connection.
 */
export class Repeats {
  readonly #countAt: CountAt;
  readonly #checks: { [output in OutputName]?: number };
  /** The place up to which lines are new although they go back. */
  readonly #trusted: { [output in OutputName]?: number } = {};
  /** Lines share a nanosecond for reasons of their own. */
  #hasTwins = false;

  /** `checks`: CRC-32 of the last line of each output that was passed, where it is known. */
  constructor(countAt: CountAt, checks: { [output in OutputName]?: number }) {
    this.#countAt = countAt;
    this.#checks = checks;
  }

  /** Some lines have the time of the line before, for theirs could not be read. */
  expectTwins(): void {
    this.#hasTwins = true;
  }

  /** The first `count` lines of an output (at least one) are passed now. */
  passed(name: OutputName, lines: LineBuffer, count: number): void {
    this.#checks[name] = checkOf(lines, count - 1, count, 0);
  }

  /**
   * Drops the whole lines at the beginning of an output that are known, which come behind `last`; resolves with how
   * many of the others are new. Those behind them are to be asked about again, when these were passed and more has
   * come; `isDue`: they have waited long enough.
   */
  async trim(name: OutputName, lines: LineBuffer, last: Cursor | undefined, isDue: boolean): Promise<number> {
    const mayWait = !isDue && lines.heldBytes <= MAX_HELD_BYTES;
    for (;;) {
      const fresh = this.#countFresh(name, lines, last);
      if (fresh > 0 || lines.count === 0 || last === undefined) return fresh;
      const end = lines.firstSince(last.sec, last.nanos);
      if (end === lines.count && mayWait) return 0;
      const isKnown = this.#isLast(name, lines, end, last) && (end > 0 || (await this.#isTwice(name, last)));
      if (isKnown) lines.drop(end + 1);
      else this.#trusted[name] = lines.orderAt(Math.max(end - 1, 0));
    }
  }

  /** How many lines come before the first that is not younger than the one before it. */
  #countFresh(name: OutputName, lines: LineBuffer, last: Cursor | undefined): number {
    const { times, first, count } = lines;
    const trusted = this.#trusted[name] ?? -1;
    let sec = last?.sec ?? -1;
    let nanos = last?.nanos ?? 0;
    for (let line = 0; line < count; line++) {
      const s = times[2 * (first + line)]!;
      const n = times[2 * (first + line) + 1]!;
      const isOld = s < sec || (s === sec && (n < nanos || (n === nanos && !this.#hasTwins)));
      if (isOld && lines.orderAt(line) > trusted) return line;
      sec = s;
      nanos = n;
    }
    return count;
  }

  /** Whether a line is the last one that was passed, as far as its time and text say. */
  #isLast(name: OutputName, lines: LineBuffer, line: number, { sec, nanos }: Cursor): boolean {
    const at = 2 * (lines.first + line);
    if (line === lines.count || lines.times[at] !== sec || lines.times[at + 1] !== nanos) return false;
    return this.#checks[name] === checkOf(lines, line, line + 1, 0);
  }

  /** Whether the engine has sent the last line twice: or it has two that are the same. It does so often, logs do not. */
  async #isTwice(name: OutputName, last: Cursor): Promise<boolean> {
    const count = await this.#countAt(name, last);
    const isTwice = count === undefined || count === last.ahead + 1;
    this.#hasTwins ||= !isTwice;
    return isTwice;
  }
}
