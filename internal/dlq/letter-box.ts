import type { Clock } from '../../pkg/clock/clock.ts';
import type { Fs } from '../../pkg/fsx/fs.ts';
import type { Batch } from '../../pkg/types/batch.ts';
import type { Chunk } from '../../pkg/types/chunk.ts';
import { LETTER_CAUSES, type LetterReason, type StoreResult } from '../../pkg/types/dead-letters.ts';
import type { StreamRegistry } from '../../pkg/types/stream.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Logger } from '../selflog/logger.ts';
import { LetterMetrics } from './letter-metrics.ts';
import { LetterWriter } from './letter-writer.ts';
import { Outage } from './outage.ts';
import { type Allowance, Replay } from './replay.ts';
import type { Segment } from './segment.ts';
import { Shelf } from './shelf.ts';
import type { Space } from './space.ts';
import type { DlqConfig } from './spec.ts';

export interface LetterBoxOptions {
  readonly sink: string;
  /** The sink's folder. */
  readonly path: string;
  readonly config: DlqConfig;
  readonly fs: Fs;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly streams: StreamRegistry;
  readonly space: Space;
  /** By number of the cause: whether its letters go by themselves. */
  readonly isAuto: readonly boolean[];
  /** Drops the oldest segment of any sink; false when there is none to drop. */
  dropOldest(): Promise<boolean>;
  /** Letters were stored: they will have to go when they are too old. */
  stored(): void;
}

/** After a segment could not be read. */
const READ_PAUSE_MS = 5_000;
/** Letters of one segment are put aside within this part of `max_age`: segments go as a whole. */
const AGES_A_SEGMENT = 10;

/**
 * The dead letters of one sink. Those that go by themselves and those that wait for a person are written to segments
 * of their own, so that what was sent frees its disk space.
 */
export class LetterBox {
  readonly sink: string;
  readonly shelf: Shelf;
  readonly outage: Outage;
  readonly metrics: LetterMetrics;
  readonly #options: LetterBoxOptions;
  readonly #replay: Replay;
  /** By whether their letters go by themselves. */
  readonly #writers = new Map<boolean, LetterWriter>();
  #readAgainAtMs = 0;
  #isClosed = false;

  constructor(options: LetterBoxOptions) {
    const { sink, path, fs, clock, logger, streams, space, isAuto } = options;
    this.#options = options;
    this.sink = sink;
    this.metrics = new LetterMetrics(options.metrics, sink);
    this.shelf = new Shelf({
      ...{ path, fs, clock, logger, space, isAuto, metrics: this.metrics },
      isIdle: segment => this.#writerOf(segment)?.isIdle ?? false,
      seal: async segment => this.#writerOf(segment)?.seal(),
    });
    this.outage = new Outage({ dir: path, clock, logger, probe: bytes => this.shelf.folder.probe(bytes) });
    this.#replay = new Replay({
      ...{ fs, clock, streams, isAuto },
      settled: (segment, tally) => {
        this.metrics.replayed(tally);
        this.shelf.changed(segment);
      },
      released: segment => this.shelf.changed(segment),
      missed: ({ path: damaged }, records) => {
        const message = 'letters were damaged since the start; the next start sets them aside';
        logger.error('dlq.damaged', message, { path: damaged, records });
      },
    });
  }

  store(batch: Batch, reason: LetterReason): Promise<StoreResult> {
    if (this.#isClosed) return Promise.resolve('unwritable');
    return this.#writer(this.#options.isAuto[LETTER_CAUSES.indexOf(reason.cause)]!).store(batch, reason);
  }

  /** Letters that may go now. */
  get replayable(): number {
    return this.#options.clock.monotonicMs() < this.#readAgainAtMs ? 0 : this.shelf.takeable();
  }

  take(limits: { readonly records: number; readonly bytes: number }): Promise<readonly Chunk[]> {
    return this.shelf.exclusive(() => this.#take({ ...limits, isUntouched: true }));
  }

  /** Sets the gauges. */
  collect(): void {
    this.metrics.show(this.shelf.live());
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const writer of this.#writers.values()) await writer.close();
    await this.shelf.close();
    this.outage.close();
  }

  #writer(isAuto: boolean): LetterWriter {
    let writer = this.#writers.get(isAuto);
    if (writer === undefined) {
      const { config, clock, space, dropOldest, stored } = this.#options;
      writer = new LetterWriter({
        ...{ sink: this.sink, clock, space, outage: this.outage },
        segmentBytes: config.segmentBytes,
        segmentAgeMs: config.maxAgeMs / AGES_A_SEGMENT,
        open: () => this.shelf.open(),
        sealed: segment => this.shelf.changed(segment),
        spent: segment => this.shelf.changed(segment),
        stored: (segment, cause, records) => {
          this.metrics.stored(cause, records);
          if (isAuto) segment.takeable += records;
          stored();
        },
        dropOldest: config.onFull === 'drop_oldest' ? dropOldest : undefined,
      });
      this.#writers.set(isAuto, writer);
    }
    return writer;
  }

  #writerOf(segment: Segment): LetterWriter | undefined {
    return [...this.#writers.values()].find(writer => writer.isWriting(segment));
  }

  async #take(allowance: Allowance): Promise<Chunk[]> {
    const chunks: Chunk[] = [];
    for (const segment of this.shelf.segments) {
      if (allowance.records === 0 || (allowance.bytes === 0 && !allowance.isUntouched)) break;
      if (segment.takeable === 0) continue;
      try {
        chunks.push(...(await this.#replay.take(segment, allowance)));
      } catch (error) {
        const { clock, logger } = this.#options;
        this.#readAgainAtMs = clock.monotonicMs() + READ_PAUSE_MS;
        const fields = { path: segment.path, error };
        logger.error('dlq.unreadable', 'dead letters cannot be read; they are tried again', fields);
        break;
      }
    }
    return chunks;
  }
}
