import { closeSync, existsSync, openSync, rmSync, writeSync } from 'node:fs';
import { logLine } from './log-lines.ts';

const LINES_A_BURST = 20;

/**
 * Writes numbered lines without a pause, as a daemon does: to the file that it opened, until it is told to open its
 * path again.
 */
export class DaemonWriter {
  readonly source: string;
  readonly path: string;
  /** A file that says that the path is to be opened again; it is gone when that was done. */
  readonly reopen: string;
  /** Lines written so far. */
  lines = 0;
  #file: number;
  #isEnded = false;
  readonly #ended: Promise<void>;

  constructor(source: string, path: string) {
    this.source = source;
    this.path = path;
    this.reopen = `${path}-reopen`;
    this.#file = openSync(path, 'a');
    this.#ended = this.#write();
  }

  /** Resolves when so many more lines are written. */
  async more(lines: number): Promise<void> {
    for (const end = this.lines + lines; this.lines < end; ) await oneMillisecond();
  }

  async end(): Promise<void> {
    this.#isEnded = true;
    await this.#ended;
  }

  async #write(): Promise<void> {
    while (!this.#isEnded) {
      if (existsSync(this.reopen)) this.#reopenPath();
      for (let i = 0; i < LINES_A_BURST; i++)
        writeSync(this.#file, `${logLine(this.source, this.lines++)}\n`);
      await oneMillisecond();
    }
    closeSync(this.#file);
  }

  #reopenPath(): void {
    closeSync(this.#file);
    this.#file = openSync(this.path, 'a');
    rmSync(this.reopen);
  }
}

function oneMillisecond(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 1));
}
