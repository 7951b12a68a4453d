import type { Clock, Timer } from '../../pkg/clock/clock.ts';
import { errorText, LcError } from '../../pkg/errors/errors.ts';
import type { Health } from '../../pkg/types/ports.ts';
import type { Logger } from '../selflog/logger.ts';

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;
const MIN_PROBE_BYTES = 64 * 1024;
const MAX_PROBE_BYTES = 4 * 1024 * 1024;

export interface OutageOptions {
  readonly dir: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Tries whether the disk takes so many bytes; rejects with the system's error while it refuses. */
  readonly probe: (bytes: number) => Promise<void>;
}

/**
 * Whether a sink's folder can be written, and since when. While it cannot, it is tried after 100 ms, doubled up to 5 s;
 * the pauses start anew only when letters were stored, for a disk that takes a probe may still refuse a batch. No timer
 * while all is well.
 */
export class Outage {
  readonly #options: OutageOptions;
  #error: LcError | undefined;
  #sinceMs: number;
  #over: PromiseWithResolvers<void> | undefined;
  #timer: Timer | undefined;
  #delayMs = FIRST_RETRY_MS;
  #probeBytes = MIN_PROBE_BYTES;
  #isClosed = false;

  constructor(options: OutageOptions) {
    this.#options = options;
    this.#sinceMs = options.clock.now();
  }

  /** What is wrong now, as `LC_STATE_UNWRITABLE`. */
  get error(): LcError | undefined {
    return this.#error;
  }

  /** Resolves when it is worth trying again, or when the queue is closed. */
  over(): Promise<void> {
    if (this.#error === undefined) return Promise.resolve();
    this.#over ??= Promise.withResolvers();
    return this.#over.promise;
  }

  /** The disk refused so many bytes: it is tried with as many. */
  report(cause: unknown, bytes = 0): void {
    this.#probeBytes = Math.min(Math.max(this.#probeBytes, bytes), MAX_PROBE_BYTES);
    const { dir, clock, logger } = this.#options;
    if (this.#error === undefined) {
      this.#error = unwritable(dir, cause);
      this.#sinceMs = clock.now();
      const { code, message, advice } = this.#error;
      logger.error('dlq.unwritable', `${message}; letters wait until it can`, { code, advice });
    }
    if (this.#timer !== undefined || this.#isClosed) return;
    this.#timer = clock.after(this.#delayMs, () => void this.#retry());
    this.#delayMs = Math.min(this.#delayMs * 2, LAST_RETRY_MS);
  }

  /** Letters were stored. */
  succeeded(): void {
    this.#delayMs = FIRST_RETRY_MS;
    this.#probeBytes = MIN_PROBE_BYTES;
  }

  /** No more tries; wakes whoever waits. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.clear();
    this.#timer = undefined;
    this.#over?.resolve();
  }

  health(): Health {
    if (this.#error === undefined) return { status: 'ok', sinceMs: this.#sinceMs };
    return { status: 'degraded', reason: this.#error.message, sinceMs: this.#sinceMs };
  }

  async #retry(): Promise<void> {
    const { dir, clock, logger, probe } = this.#options;
    try {
      await probe(this.#probeBytes);
    } catch (error) {
      this.#timer = undefined;
      this.report(error);
      return;
    }
    this.#timer = undefined;
    if (this.#isClosed) return;
    this.#error = undefined;
    this.#sinceMs = clock.now();
    this.#over?.resolve();
    this.#over = undefined;
    logger.info('dlq.writable', `${dir} can be written again`);
  }
}

/** `LC_STATE_UNWRITABLE` for what the system said. */
export function unwritable(dir: string, cause: unknown): LcError {
  return new LcError('LC_STATE_UNWRITABLE', {
    message: `dead letters cannot be written to ${dir}: ${errorText(cause)}`,
    advice: 'Free space there, or let the user of the agent write there, or set another state_dir.',
    cause,
  });
}
