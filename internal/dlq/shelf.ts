import type { Clock, Timer } from '../../pkg/clock/clock.ts';
import type { Fs } from '../../pkg/fsx/fs.ts';
import type { Logger } from '../selflog/logger.ts';
import { saveMarks } from './done-file.ts';
import type { LetterMetrics } from './letter-metrics.ts';
import { recover } from './recovery.ts';
import { type Segment, Tally } from './segment.ts';
import { type OpenSegment, SegmentFolder } from './segment-folder.ts';
import type { Space } from './space.ts';

export interface ShelfOptions {
  /** The sink's folder. */
  readonly path: string;
  readonly fs: Fs;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly space: Space;
  readonly metrics: LetterMetrics;
  /** By number of the cause: whether its letters go by themselves. */
  readonly isAuto: readonly boolean[];
  /** Whether nobody writes to an active segment just now. */
  isIdle(segment: Segment): boolean;
  /** Ends an active segment that is idle. */
  seal(segment: Segment): Promise<void>;
}

/** What became done is on disk so much later at most; after a crash it is sent again. */
const SAVE_DELAY_MS = 1_000;
/** What could not be saved or removed is tried again so much later. */
const RETRY_DELAY_MS = 5_000;

/** The segments of one sink: brought in at the start, added by writers, gone when they are spent, dropped, or too old. */
export class Shelf {
  readonly folder: SegmentFolder;
  readonly #options: ShelfOptions;
  /** Ascending by number, which is by age. */
  readonly #segments: Segment[] = [];
  /** Whatever reads segments or removes them, one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #saveTimer: Timer | undefined;
  #isClosed = false;

  constructor(options: ShelfOptions) {
    this.#options = options;
    this.folder = new SegmentFolder(options.fs, options.path);
  }

  /** As they are now; later changes do not show. */
  get segments(): readonly Segment[] {
    return [...this.#segments];
  }

  /** Loads what is there, and repairs it. Rejects with the system's error when the folder cannot be read. */
  async recover(): Promise<void> {
    const { segments, nextNumber } = await recover(this.#options, this.folder.path);
    this.folder.goOn(nextNumber);
    this.#segments.push(...segments);
    for (const { bytes } of segments) this.#options.space.occupy(bytes);
    await this.save();
  }

  async open(): Promise<OpenSegment> {
    const open = await this.folder.open();
    this.#segments.push(open.segment);
    return open;
  }

  /** Letters on disk that are not done. */
  live(): Tally {
    const live = new Tally();
    for (const segment of this.#segments) live.addAll(segment.live);
    return live;
  }

  /** Letters that may go now. */
  takeable(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.takeable, 0);
  }

  /** Runs `task` when everything before it is through: segments are read and removed by one at a time. */
  exclusive<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(task);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /** Letters of it became done, or asked for, or it was sealed: away with it when it is spent, else that is saved soon. */
  changed(segment: Segment): void {
    if (segment.isSpent) void this.save();
    else this.#saveIn(SAVE_DELAY_MS);
  }

  /** The oldest segment that can be dropped: nothing of it is under way, and nobody writes to it now. */
  oldest(): Segment | undefined {
    const { isIdle } = this.#options;
    return this.#segments.find(segment => segment.out.isEmpty && (!segment.isActive || isIdle(segment)));
  }

  /**
   * Removes a segment and counts its letters as dropped; false when they are under way, or it is written to. Rejects
   * with the system's error.
   */
  async drop(segment: Segment): Promise<boolean> {
    await this.#sealIdle(segment);
    return this.exclusive(async () => {
      if (segment.isActive || !segment.out.isEmpty || !this.#segments.includes(segment)) return false;
      await this.#remove(segment);
      this.#options.metrics.dropped(segment.live);
      return true;
    });
  }

  /**
   * Drops the segments whose last letter is from `atMs` or before. Resolves with the time of the last letter of the
   * next one to go, or infinity. Never rejects.
   */
  async expire(atMs: number): Promise<number> {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const segment of this.segments) {
      if (segment.live.total === 0) continue;
      const isGone = segment.lastMs <= atMs && (await this.#isDone(this.drop(segment)));
      if (!isGone) nextMs = Math.min(nextMs, segment.lastMs);
    }
    return nextMs;
  }

  /**
   * Removes what is spent, and makes durable what is done and asked for. Never rejects: what cannot be saved is tried
   * again, and at worst sent again.
   */
  async save(): Promise<void> {
    // What is settled after the close is sent again: the folder may be somebody else's by then.
    if (this.#isClosed) return;
    if (!(await this.#isDone(this.exclusive(() => this.#tidy())))) this.#saveIn(RETRY_DELAY_MS);
  }

  /** Saves for the last time. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#saveTimer?.clear();
    await this.#isDone(this.exclusive(() => this.#tidy()));
  }

  async #tidy(): Promise<void> {
    let isChanged = false;
    for (const segment of this.segments) {
      if (segment.isSpent) await this.#sealIdle(segment);
      if (segment.isSpent && !segment.isActive) await this.#remove(segment);
      else if (!(await saveMarks(this.#options.fs, segment))) continue;
      isChanged = true;
    }
    if (isChanged) await this.folder.sync();
  }

  async #remove(segment: Segment): Promise<void> {
    await this.folder.remove(segment);
    this.#segments.splice(this.#segments.indexOf(segment), 1);
    this.#options.space.free(segment.bytes);
  }

  async #sealIdle(segment: Segment): Promise<void> {
    if (segment.isActive && this.#options.isIdle(segment)) await this.#options.seal(segment);
  }

  #saveIn(delayMs: number): void {
    if (this.#isClosed) return;
    this.#saveTimer ??= this.#options.clock.after(delayMs, () => {
      this.#saveTimer = undefined;
      void this.save();
    });
  }

  /** Whether the task did what it was to do; a failure is told, and costs no more than letters that are sent again. */
  async #isDone(task: Promise<unknown>): Promise<boolean> {
    try {
      return (await task) !== false;
    } catch (error) {
      const fields = { path: this.folder.path, error };
      this.#options.logger.warn('dlq.upkeep', 'what became of dead letters cannot be saved now', fields);
      return false;
    }
  }
}
