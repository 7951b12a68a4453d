import type { Clock } from '../../pkg/clock/clock.ts';
import type { DeadLetters, LetterCause, StoreResult } from '../../pkg/types/dead-letters.ts';
import type { Failure } from '../../pkg/types/outcome.ts';
import type { Logger } from '../selflog/logger.ts';
import type { LaneBatch } from './lane-batch.ts';
import { traceStored } from './trace.ts';

/** What only did not get through yet: the sink may take it later. */
const MAY_GO_BACK: ReadonlySet<LetterCause> = new Set(['overflow', 'retries_exhausted']);

export interface BurialOptions {
  readonly sink: string;
  /** Whether what overflows goes to disk one after the other, as it came. Else many share a sync. */
  readonly keepsOrder: () => boolean;
  /** How much may be on its way to disk at once: enough for the disk to work without pause, and little memory. */
  readonly maxBytes: () => number;
  readonly deadLetters: DeadLetters;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The batch is on disk: settle it. */
  readonly onStored: (batch: LaneBatch) => void;
  /** The disk does not take the batch, and the sink may yet: it goes back to where it came from. */
  readonly onRefused: (batch: LaneBatch) => void;
  /** The disk may take something again. */
  readonly onRoom: () => void;
  readonly onFatal: (error: unknown) => void;
}

/**
 * One lane's batches on their way into the dead-letter queue. Full disk is backpressure: what a full or broken disk does
 * not take goes back to the slots; only what the sink will never take waits here.
 */
export class Burials {
  readonly #options: BurialOptions;
  readonly #under = new Set<Promise<void>>();
  #last: Promise<void> | undefined;
  #count = 0;
  #bytes = 0;
  #isRefused = false;
  #refusals = 0;
  /** The last of those that go back because one before them was refused: nothing may pass them. */
  #goingBack: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: BurialOptions) {
    this.#options = options;
  }

  /** Whether batches that can wait elsewhere should. */
  get isFull(): boolean {
    return this.#isRefused || this.#goingBack !== undefined || this.#bytes >= this.#options.maxBytes();
  }

  /** Whether even what a sink refuses has no place any more: nothing should be sent, for it might be refused. */
  get isOverfull(): boolean {
    return this.#bytes >= 2 * this.#options.maxBytes();
  }

  /** Whether nothing is on its way. */
  get isIdle(): boolean {
    return this.#count === 0;
  }

  /** Stores every record of `batch` as a letter; the caller lets go of it. */
  bury(batch: LaneBatch, cause: LetterCause, failure?: Failure): void {
    this.#count++;
    this.#bytes += batch.bytes;
    // What failed for itself need not wait for those whose order matters; they may wait for room that it makes.
    const isInOrder = this.#options.keepsOrder() && (cause === 'overflow' || cause === 'shutdown');
    const burial = this.#store(batch, cause, failure, isInOrder ? this.#last : undefined).then(() => {
      this.#under.delete(burial);
    }, this.#options.onFatal);
    if (isInOrder) this.#last = burial;
    this.#under.add(burial);
  }

  /** Resolves when nothing is on its way. */
  async idle(): Promise<void> {
    while (this.#under.size > 0) await Promise.all(this.#under);
  }

  /** What is not on disk yet stays unsettled: it is read again. */
  close(): void {
    this.#isClosed = true;
  }

  async #store(
    batch: LaneBatch,
    cause: LetterCause,
    failure: Failure | undefined,
    before: Promise<void> | undefined,
  ): Promise<void> {
    const refusals = this.#refusals;
    await before;
    const { sink, deadLetters, clock, onStored, onRefused } = this.#options;
    const nowMs = clock.now();
    const { attempt: attempts, firstAtMs = nowMs } = batch;
    const reason = { cause, ...failure, attempts, firstAtMs, lastAtMs: nowMs };
    let isStored = false;
    while (!isStored) {
      // What comes after something that was refused is not let past it.
      if (refusals === this.#refusals || !MAY_GO_BACK.has(cause)) {
        const result = await deadLetters.store(sink, batch, reason);
        isStored = result === 'stored';
        if (!isStored) this.#refused(result);
      }
      if (isStored || MAY_GO_BACK.has(cause)) break;
      if (this.#isClosed) return;
      await deadLetters.room(sink);
    }
    this.#count--;
    this.#bytes -= batch.bytes;
    if (!isStored) return onRefused(batch);
    traceStored(sink, batch);
    onStored(batch);
  }

  /** The disk takes nothing until it says that there is room. */
  #refused(result: StoreResult): void {
    this.#refusals++;
    const { sink, deadLetters, logger, onRoom, onFatal } = this.#options;
    const last = this.#last;
    this.#goingBack = last;
    last?.then(() => {
      if (this.#goingBack !== last) return;
      this.#goingBack = undefined;
      onRoom();
    }, onFatal);
    if (this.#isRefused) return;
    this.#isRefused = true;
    logger.error('dlq.refused', 'dead letters cannot be stored: lines wait in memory and reading stops', {
      ...{ sink, result },
    });
    deadLetters.room(sink).then(() => {
      this.#isRefused = false;
      onRoom();
    }, onFatal);
  }
}
