import { OUTPUTS, type OutputName } from '../formats/entry-reader.ts';
import { checkOf, type DockerPosition, LONG_AGO, type Moment } from './cursor.ts';
import type { LineBuffer } from './line-buffer.ts';
import type { OutputLines } from './message-reader.ts';

/** Lines that are kept back until it is sure whether they are known; more than this, and their number decides. */
const MAX_PROOF_BYTES = 4 * 1024 * 1024;

/** Lines of one output that were read since the mark, and are to come again. */
interface Known {
  left: number;
  readonly check: number;
  /** The check value will not be asked any more. */
  isSure: boolean;
}

/**
 * Takes out of both outputs what a new connection gives again: all before the marked line, then as many lines as were
 * read since, if they are the same. One for each connection.
 */
export class Replay {
  readonly #position: DockerPosition;
  readonly #known: { [output in OutputName]?: Known } = {};
  /** CRC-32 of the last line of an output that was dropped. */
  readonly lastChecks: { [output in OutputName]?: number } = {};
  #isSeeking = true;

  constructor(position: DockerPosition) {
    this.#position = position;
    for (const name of OUTPUTS) {
      const cursor = position[name];
      if (cursor === undefined || cursor.lines === 0) continue;
      this.#known[name] = { left: cursor.lines, check: cursor.check, isSure: false };
    }
  }

  /** Whether lines of an output that are there may still turn out to be known. */
  isProving(output: OutputName): boolean {
    return this.#isSeeking || this.#known[output] !== undefined;
  }

  /**
   * Drops the whole lines at the beginning of both outputs that are known; says how many. Lines of an output that it is
   * still `isProving` have to wait for more.
   */
  trim(outputs: OutputLines): number {
    let trimmed = 0;
    if (this.#isSeeking) {
      const { mark, since } = this.#position;
      trimmed = this.#seek(outputs, mark ?? since);
      if (this.#isSeeking) return trimmed;
    }
    for (const name of OUTPUTS) trimmed += this.#prove(name, outputs[name]);
    return trimmed;
  }

  /** Drops what comes before the first line that is not older than a moment; nothing where there is none. */
  #seek({ stdout, stderr }: OutputLines, moment: Moment | null): number {
    const { sec, nanos } = moment ?? LONG_AGO;
    const order = Math.min(
      stdout.orderAt(stdout.firstSince(sec, nanos)),
      stderr.orderAt(stderr.firstSince(sec, nanos)),
    );
    this.#isSeeking = order === Number.POSITIVE_INFINITY;
    return (
      this.#drop('stdout', stdout, stdout.countBefore(order)) +
      this.#drop('stderr', stderr, stderr.countBefore(order))
    );
  }

  #prove(name: OutputName, lines: LineBuffer): number {
    const its = this.#known[name];
    if (its === undefined || lines.count === 0) return 0;
    const seen = Math.min(lines.count, its.left);
    const isAll = seen === its.left;
    const { sec, nanos } = this.#position.highest ?? LONG_AGO;
    // What is younger than all that was read is not known.
    const isOther = lines.firstSince(sec, nanos + 1) < seen;
    if (isOther || (isAll && !its.isSure && checkOf(lines, 0, seen, 0) !== its.check)) {
      delete this.#known[name];
      return 0;
    }
    if (!isAll && lines.heldBytes <= MAX_PROOF_BYTES) return 0;
    its.left -= seen;
    its.isSure = true;
    if (isAll) delete this.#known[name];
    return this.#drop(name, lines, seen);
  }

  #drop(name: OutputName, lines: LineBuffer, count: number): number {
    if (count > 0) this.lastChecks[name] = checkOf(lines, count - 1, count, 0);
    lines.drop(count);
    return count;
  }
}
