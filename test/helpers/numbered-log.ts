import { appendFileSync, copyFileSync, existsSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { logLine } from './log-lines.ts';

/** A log of numbered lines that a test writes, whatever happens to its file meanwhile. */
export class NumberedLog {
  readonly source: string;
  /** Where it is written: a test that moves the file says so. */
  path: string;
  /** Lines written so far. */
  lines = 0;
  /** Sum of the CRC-32 of each, modulo 2^32: what a `SequenceCheck` that got all of them has too. */
  textSum = 0;

  constructor(source: string, path: string) {
    this.source = source;
    this.path = path;
  }

  /** Writes the next `count` lines to whatever stands at the path, or to a new file. */
  append(count: number): void {
    appendFileSync(this.path, this.next(count));
  }

  /** The next `count` lines with their newlines, for whoever writes them otherwise. */
  next(count: number): string {
    let text = '';
    for (const end = this.lines + count; this.lines < end; this.lines++) {
      const line = logLine(this.source, this.lines);
      this.textSum = (this.textSum + crc32(line)) >>> 0;
      text += `${line}\n`;
    }
    return text;
  }

  /** Renames as logrotate does: the file gets the suffix `.1`, and each older one the next; `keep` are kept. */
  rotate(keep = Number.POSITIVE_INFINITY): void {
    this.#shift(keep);
    renameSync(this.path, this.#rotated(1));
  }

  /** As logrotate's `copytruncate`, but nothing is written between the two, so that no line can be lost. */
  copyTruncate(keep = Number.POSITIVE_INFINITY): void {
    this.#shift(keep);
    copyFileSync(this.path, this.#rotated(1));
    truncateSync(this.path);
  }

  /** Makes room for another `.1`; of the older ones `keep` are left with it. */
  #shift(keep: number): void {
    let last = 0;
    while (existsSync(this.#rotated(last + 1))) last++;
    for (; last >= keep; last--) rmSync(this.#rotated(last));
    for (; last >= 1; last--) renameSync(this.#rotated(last), this.#rotated(last + 1));
  }

  #rotated(n: number): string {
    return n === 0 ? this.path : `${this.path}.${n}`;
  }
}
