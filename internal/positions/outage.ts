import type { Clock, Timer } from '../../pkg/clock/clock.ts';
import { errorText, LcError } from '../../pkg/errors/errors.ts';
import type { Health } from '../../pkg/types/ports.ts';
import type { Logger } from '../selflog/logger.ts';

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;

export interface OutageOptions {
  readonly dir: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Tries to write again; calls `end` or `report`. */
  readonly retry: () => void;
}

/**
 * Whether the state directory can be written, and since when: who is told no, who waits for it, and when it is
 * tried again (after 100 ms, doubled up to 5 s). No timer while all is well.
 */
export class Outage {
  readonly #options: OutageOptions;
  #error: LcError | undefined;
  #sinceMs: number;
  #waiters: PromiseWithResolvers<void> | undefined;
  #timer: Timer | undefined;
  #delayMs = FIRST_RETRY_MS;
  #isClosed = false;

  constructor(options: OutageOptions) {
    this.#options = options;
    this.#sinceMs = options.clock.now();
  }

  /** What is wrong now, as `LC_STATE_UNWRITABLE`. */
  get error(): LcError | undefined {
    return this.#error;
  }

  /** Throws while there is an outage, and after `close`. */
  assertNone(): void {
    if (this.#error !== undefined) throw this.#error;
    if (this.#isClosed) throw unwritable(this.#options.dir, new Error('the agent is stopping'));
  }

  /** Resolves when there is no outage; rejects with `LC_STATE_UNWRITABLE` when the store is closed first. */
  async over(): Promise<void> {
    if (this.#error === undefined || this.#isClosed) return this.assertNone();
    this.#waiters ??= Promise.withResolvers();
    await this.#waiters.promise;
  }

  /** A write failed. Returns the error for those who asked for it. */
  report(cause: unknown): LcError {
    const { dir, clock, logger, retry } = this.#options;
    if (this.#error === undefined) {
      this.#error = unwritable(dir, cause);
      this.#sinceMs = clock.now();
      logger.error('positions.unwritable', `${this.#error.message}; reading stops until it can`, {
        code: this.#error.code,
        advice: this.#error.advice,
      });
    }
    if (this.#timer === undefined && !this.#isClosed) {
      this.#timer = clock.after(this.#delayMs, () => {
        this.#timer = undefined;
        retry();
      });
      this.#delayMs = Math.min(this.#delayMs * 2, LAST_RETRY_MS);
    }
    return this.#error;
  }

  /** It can be written again, and everything is. */
  end(): void {
    const { dir, clock, logger } = this.#options;
    this.#error = undefined;
    this.#sinceMs = clock.now();
    this.#delayMs = FIRST_RETRY_MS;
    this.#waiters?.resolve();
    this.#waiters = undefined;
    logger.info('positions.writable', `${dir} can be written again; reading goes on`);
  }

  /** No more tries; whoever waits is told so. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.clear();
    this.#timer = undefined;
    if (this.#error !== undefined) this.#waiters?.reject(this.#error);
    this.#waiters = undefined;
  }

  health(): Health {
    if (this.#error === undefined) return { status: 'ok', sinceMs: this.#sinceMs };
    return { status: 'degraded', reason: this.#error.message, sinceMs: this.#sinceMs };
  }
}

/** `LC_STATE_UNWRITABLE` for what the system said. */
export function unwritable(dir: string, cause: unknown): LcError {
  return new LcError('LC_STATE_UNWRITABLE', {
    message: `positions cannot be written to ${dir}: ${errorText(cause)}`,
    advice: 'Free space there, or let the user of the agent write there, or set another state_dir.',
    cause,
  });
}
