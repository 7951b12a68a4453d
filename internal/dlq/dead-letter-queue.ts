import { join } from 'node:path';
import type { Clock, Timer } from '../../pkg/clock/clock.ts';
import { invariant, LcError } from '../../pkg/errors/errors.ts';
import type { Fs } from '../../pkg/fsx/fs.ts';
import { Lock } from '../../pkg/lock/lock.ts';
import type { Processes } from '../../pkg/lock/processes.ts';
import type { Batch } from '../../pkg/types/batch.ts';
import type { Chunk } from '../../pkg/types/chunk.ts';
import {
  type DeadLetters,
  LETTER_CAUSES,
  type LetterCause,
  type LetterReason,
  type StoreResult,
} from '../../pkg/types/dead-letters.ts';
import type { Component, Health } from '../../pkg/types/ports.ts';
import type { StreamRegistry } from '../../pkg/types/stream.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Logger } from '../selflog/logger.ts';
import { audit } from './audit.ts';
import { LOCK_NAME, listSinks } from './directory.ts';
import { sinkFolder } from './folder-name.ts';
import { LetterBox } from './letter-box.ts';
import type { LetterFilter } from './letter-search.ts';
import { type Listing, listLetters } from './listing.ts';
import { carryOut, type Order, type OrderResult } from './orders.ts';
import { unwritable } from './outage.ts';
import { Space } from './space.ts';
import type { DlqConfig } from './spec.ts';

export interface DeadLetterQueueOptions {
  /** `<state_dir>/dlq`; it is made when it is not there. */
  readonly dir: string;
  readonly config: DlqConfig;
  readonly fs: Fs;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Shared with the monitors, so that a letter's stream is the one its line came from. */
  readonly streams: StreamRegistry;
  /** Who may hold the lock; default: the machine's processes. */
  readonly processes?: Processes;
}

/** Letters on disk of one sink and cause, of which there are some. */
export interface LetterCount {
  readonly sink: string;
  readonly cause: LetterCause;
  readonly records: number;
  readonly bytes: number;
}

/** These failed for no fault of their own. */
const AUTO_CAUSES: readonly LetterCause[] = ['overflow', 'shutdown', 'retries_exhausted'];
/** The longest that a timer takes, and the shortest pause until it is looked again what is too old. */
const MAX_DELAY_MS = 2 ** 31 - 1;
const MIN_DELAY_MS = 1_000;

/** The dead letters of all sinks, on disk: a folder a sink, a bound for all of them together. */
export class DeadLetterQueue implements Component, DeadLetters {
  readonly name = 'dlq';
  readonly #options: DeadLetterQueueOptions;
  readonly #lock: Lock;
  readonly #space: Space;
  /** By folder. */
  readonly #boxes = new Map<string, LetterBox>();
  readonly #isAuto: readonly boolean[];
  #expiry: Timer | undefined;
  #isStarted = false;
  #closing: Promise<void> | undefined;

  constructor(options: DeadLetterQueueOptions) {
    const { dir, config, fs, clock, metrics, processes } = options;
    this.#options = options;
    this.#lock = new Lock(fs, join(dir, LOCK_NAME), processes);
    this.#space = new Space(config.maxBytes, clock);
    this.#isAuto = LETTER_CAUSES.map(cause => config.replay === 'auto' && AUTO_CAUSES.includes(cause));
    metrics.onCollect(() => this.#collect());
  }

  /**
   * Takes the lock, and reads every letter that is there: its checksum is checked, damage is set aside. Rejects with
   * `LC_STATE_LOCKED` while another process uses the folder, and with `LC_STATE_UNWRITABLE`.
   */
  async start(): Promise<void> {
    invariant(!this.#isStarted, 'the dead-letter queue was started twice');
    const { dir, fs, logger } = this.#options;
    try {
      await fs.mkdir(dir);
      await this.#lock.acquire();
      for (const sink of await listSinks(fs, dir, logger)) await this.#box(sink).shelf.recover();
      await this.#expire();
    } catch (error) {
      throw error instanceof LcError ? error : unwritable(dir, error);
    }
    this.#isStarted = true;
  }

  store(sink: string, batch: Batch, reason: LetterReason): Promise<StoreResult> {
    invariant(this.#isStarted, 'the dead-letter queue was used before it was started');
    return this.#box(sink).store(batch, reason);
  }

  /** Whoever waits is woken once when the queue is closed; after that it never resolves, for nothing is stored again. */
  async room(sink: string): Promise<void> {
    if (this.#closing !== undefined) return new Promise(() => undefined);
    const { outage } = this.#box(sink);
    // After an outage it is worth a try: whoever waits for space may need more of it.
    await (outage.error === undefined ? this.#space.room() : outage.over());
  }

  replayable(sink: string): number {
    return this.#boxes.get(sinkFolder(sink))?.replayable ?? 0;
  }

  async take(
    sink: string,
    limits: { readonly records: number; readonly bytes: number },
  ): Promise<readonly Chunk[]> {
    return (await this.#boxes.get(sinkFolder(sink))?.take(limits)) ?? [];
  }

  /** How many letters there are of each sink, by cause; those with none are left out. */
  status(): readonly LetterCount[] {
    return this.#sorted().flatMap(({ sink, shelf }) => {
      const { records, bytes } = shelf.live();
      return LETTER_CAUSES.flatMap((cause, n) =>
        records[n]! > 0 ? [{ sink, cause, records: records[n]!, bytes: bytes[n]! }] : [],
      );
    });
  }

  /** What is there, for people. Rejects with the system's error. */
  list(filter: LetterFilter): Promise<Listing> {
    const shelves = this.#sorted().map(({ sink, shelf }) => ({ sink, segments: shelf.segments }));
    return listLetters(this.#options.fs, shelves, filter);
  }

  /**
   * Lets letters go, or drops them, as a person orders (`by` says who); leaves an audit line unless it is a dry run.
   * Rejects with the system's error.
   */
  async carryOut(
    order: Order,
    filter: LetterFilter,
    { isDry, by }: { readonly isDry: boolean; readonly by: string },
  ): Promise<OrderResult> {
    const parts = { fs: this.#options.fs, boxes: this.#sorted(), isAuto: this.#isAuto };
    const result = await carryOut(order, filter, isDry, parts);
    if (!isDry) await audit(this.#options, { order, by, filter, result });
    return result;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  health(): Health {
    for (const box of this.#boxes.values()) if (box.outage.error !== undefined) return box.outage.health();
    return this.#space.health();
  }

  async #close(): Promise<void> {
    this.#expiry?.clear();
    this.#space.close();
    for (const box of this.#boxes.values()) await box.close();
    await this.#lock.release();
  }

  /** In order of the sinks' names. */
  #sorted(): LetterBox[] {
    return [...this.#boxes.values()].sort((a, b) => (a.sink < b.sink ? -1 : 1));
  }

  #box(sink: string): LetterBox {
    const folder = sinkFolder(sink);
    let box = this.#boxes.get(folder);
    if (box === undefined) {
      box = new LetterBox({
        ...this.#options,
        ...{ sink, space: this.#space, isAuto: this.#isAuto },
        path: join(this.#options.dir, folder),
        dropOldest: () => this.#dropOldest(),
        stored: () => this.#expireIn(this.#options.config.maxAgeMs),
      });
      this.#boxes.set(folder, box);
    }
    return box;
  }

  async #dropOldest(): Promise<boolean> {
    const candidates = [...this.#boxes.values()].flatMap(box => {
      const segment = box.shelf.oldest();
      return segment === undefined ? [] : [{ shelf: box.shelf, segment }];
    });
    candidates.sort((a, b) => a.segment.firstMs - b.segment.firstMs);
    for (const { shelf, segment } of candidates) if (await shelf.drop(segment)) return true;
    return false;
  }

  /** Drops what is too old, as whole segments; comes again when the next one will be. */
  async #expire(): Promise<void> {
    const { clock, config } = this.#options;
    let nextMs = Number.POSITIVE_INFINITY;
    for (const box of this.#boxes.values())
      nextMs = Math.min(nextMs, await box.shelf.expire(clock.now() - config.maxAgeMs));
    if (nextMs < Number.POSITIVE_INFINITY)
      this.#expireIn(Math.max(nextMs + config.maxAgeMs - clock.now(), MIN_DELAY_MS));
  }

  /** One timer, and none while there are no letters. */
  #expireIn(delayMs: number): void {
    if (this.#closing !== undefined) return;
    this.#expiry ??= this.#options.clock.after(Math.min(delayMs, MAX_DELAY_MS), () => {
      this.#expiry = undefined;
      void this.#expire();
    });
  }

  #collect(): void {
    let isWritable = true;
    for (const box of this.#boxes.values()) {
      box.collect();
      isWritable &&= box.outage.error === undefined;
    }
    this.#options.metrics.gauge('dlq_writable').set(isWritable ? 1 : 0);
  }
}
