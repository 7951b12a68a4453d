import { appendFileSync, existsSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { logLine } from './log-lines.ts';

/** A log of numbered lines that a test writes, whatever happens to its file meanwhile. */
export class NumberedLog {
  readonly source: string;
  readonly path: string;
  /** Lines written so far. */
  lines = 0;

  constructor(source: string, path: string) {
    this.source = source;
    this.path = path;
  }

  /** Writes the next `count` lines to whatever stands at the path, or to a new file. */
  append(count: number): void {
    let text = '';
    for (const end = this.lines + count; this.lines < end; this.lines++)
      text += `${logLine(this.source, this.lines)}\n`;
    appendFileSync(this.path, text);
  }

  /**
   * Renames as logrotate does: the file gets the suffix `.1`, and each older one the next. Resolves when the file
   * system's clock has moved on, for a file that comes and goes between two of its ticks leaves no trace.
   */
  async rotate(): Promise<void> {
    await this.#tick();
    let last = 0;
    while (existsSync(this.#rotated(last + 1))) last++;
    for (; last >= 0; last--) renameSync(this.#rotated(last), this.#rotated(last + 1));
    await this.#tick();
  }

  async #tick(): Promise<void> {
    const probe = `${this.path}-probe`;
    const nowNs = (): bigint => {
      writeFileSync(probe, '');
      return statSync(probe, { bigint: true }).mtimeNs;
    };
    for (const startNs = nowNs(); nowNs() === startNs; ) await new Promise(resolve => setImmediate(resolve));
    rmSync(probe);
  }

  #rotated(n: number): string {
    return n === 0 ? this.path : `${this.path}.${n}`;
  }
}
