import type { Writable } from 'node:stream';
import { type Clock, delay } from '../../pkg/clock/clock.ts';

/** Lines that wait for a reader of stderr; above that they are dropped and counted. */
const MAX_PENDING_BYTES = 256 * 1024;

/**
 * Writes lines to a stream that nobody may be reading, without waiting for it.
 *
 * Meant for `process.stderr`: it writes at once as long as there is room, so that the last words of a
 * process that exits or crashes are not lost, and by event when a pipe or socket is full. Measured with a
 * reader that stops: `fs.writeSync` and pino's sync destination stop the whole agent, and SIGTERM no longer
 * ends it; pino's async destination goes on, but retries by timer and waits for the reader at the exit.
 */
export class BoundedOutput {
  readonly #stream: Writable;
  #dropped = 0;
  readonly #onError = (): void => {
    // Nobody is left to tell (EPIPE); what follows is counted as it fails to be written.
    this.#dropped++;
  };

  constructor(stream: Writable) {
    this.#stream = stream;
    stream.on('error', this.#onError);
  }

  /** Whether a line would be written or kept, not dropped. */
  get hasRoom(): boolean {
    return this.#stream.writable && this.#stream.writableLength < MAX_PENDING_BYTES;
  }

  write(line: string): void {
    if (this.hasRoom) this.#stream.write(line);
    else this.#dropped++;
  }

  /** How many lines were dropped since the last call. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  /** Resolves when all lines are written, or after `deadlineMs`; never rejects. */
  async flush(clock: Clock, deadlineMs: number): Promise<void> {
    if (this.#stream.writableLength === 0) return;
    const written = new AbortController();
    this.#stream.write('', () => written.abort());
    await delay(clock, deadlineMs, written.signal);
  }

  /** Lets go of the stream, which stays open: it is the process's. */
  close(): void {
    this.#stream.off('error', this.#onError);
  }
}
