import type { Clock } from '../../../pkg/clock/clock.ts';
import { errorText } from '../../../pkg/errors/errors.ts';
import type { Batch } from '../../../pkg/types/batch.ts';
import { DELIVERED, type Failure, type Outcome } from '../../../pkg/types/outcome.ts';
import type { Health, Sink } from '../../../pkg/types/ports.ts';
import { LineFeed, numberedParts } from '../line-feed.ts';
import { waitFor } from '../patience.ts';
import type { RecordFormat } from '../record-format.ts';
import { RecordJson } from '../record-json.ts';
import { ScratchPool } from '../scratch-pool.ts';
import { SinkHealth } from '../sink-health.ts';
import { Turns } from '../turns.ts';
import { ReadableText } from './readable-text.ts';
import type { ConsoleSinkConfig } from './spec.ts';
import type { Output } from './standard-output.ts';

export interface ConsoleSinkOptions extends ConsoleSinkConfig {
  readonly name: string;
}

/** What a console sink needs besides its options. */
export interface ConsoleSinkDeps {
  readonly clock: Clock;
  readonly output: Output;
}

/** A reader that takes nothing for so long is said to be gone; the lines are offered again. */
const TIMEOUT_MS = 30_000;

/**
 * Writes lines to standard output, as fast as they are read from there. What counts as delivered is in the hands of the
 * kernel: a pipe whose reader ends then loses up to 64 KiB.
 */
export class ConsoleSink implements Sink {
  readonly name: string;
  readonly #clock: Clock;
  readonly #format: RecordFormat;
  readonly #output: Output;
  readonly #turns = new Turns();
  readonly #scratches = new ScratchPool();
  readonly #closing = new AbortController();
  readonly #health: SinkHealth;

  constructor({ name, format }: ConsoleSinkOptions, { clock, output }: ConsoleSinkDeps) {
    this.name = name;
    this.#clock = clock;
    this.#format = format === 'json' ? new RecordJson() : new ReadableText();
    this.#output = output;
    this.#health = new SinkHealth(clock);
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  /** Sends under way resolve as aborted; standard output stays open. */
  close(): Promise<void> {
    this.#closing.abort();
    return Promise.resolve();
  }

  health(): Health {
    return this.#health.current;
  }

  async send(batch: Batch, signal: AbortSignal): Promise<Outcome> {
    if (batch.records === 0) return DELIVERED;
    const feed = new LineFeed(numberedParts(batch.parts), this.#format);
    let broken: Failure | undefined;
    const write = async (stop: AbortSignal): Promise<void> => {
      try {
        await this.#turns.take(() => this.#write(feed, stop), stop);
      } catch (error) {
        broken = { kind: 'unavailable', message: `standard output: ${errorText(error)}` };
      }
    };
    const signals = [signal, this.#closing.signal];
    const failure = (await waitFor(write, { clock: this.#clock, timeoutMs: TIMEOUT_MS, signals })) ?? broken;
    return this.#health.noted(outcomeOf(feed.rest(), batch.records, failure));
  }

  /** Reads nothing of the batch after `stop`. */
  async #write(feed: LineFeed, stop: AbortSignal): Promise<void> {
    const scratch = this.#scratches.take(feed.scratchBytes);
    try {
      while (!feed.isAtEnd && !stop.aborted) {
        const bytes = feed.next(scratch, scratch.length, true);
        await this.#output.write(scratch.subarray(0, bytes));
        if (!stop.aborted) feed.written();
      }
    } finally {
      this.#scratches.give(scratch);
    }
  }
}

/** What was written is delivered, whatever happened to the rest. */
function outcomeOf(rest: Uint32Array, records: number, failure: Failure | undefined): Outcome {
  if (failure === undefined || rest.length === 0) return DELIVERED;
  return { kind: 'retry', failure, ...(rest.length < records ? { rest } : {}) };
}
