import type { Clock } from '../../pkg/clock/clock.ts';
import { writeAll } from '../../pkg/fsx/fs.ts';
import type { Batch } from '../../pkg/types/batch.ts';
import { LETTER_CAUSES, type LetterReason, type StoreResult } from '../../pkg/types/dead-letters.ts';
import { exactLetterBytes, type Frame, LetterEncoder, maxLetterBytes } from './letter-encoder.ts';
import type { Outage } from './outage.ts';
import type { Segment } from './segment.ts';
import type { OpenSegment } from './segment-folder.ts';
import type { Space } from './space.ts';

export interface LetterWriterOptions {
  readonly sink: string;
  readonly segmentBytes: number;
  /** A segment is written for no longer than this, so that its letters age together. */
  readonly segmentAgeMs: number;
  readonly clock: Clock;
  readonly space: Space;
  readonly outage: Outage;
  /** A new empty segment, whose name is durable. Rejects with the system's error. */
  open(): Promise<OpenSegment>;
  /** Nothing is written to the segment any more. */
  sealed(segment: Segment): void;
  /** The open segment holds nothing of use, and nothing is being written any more. */
  spent(segment: Segment): void;
  /** Letters became durable. */
  stored(segment: Segment, cause: number, records: number): void;
  /** Makes room by dropping the oldest letters; false when there are none to drop. Absent: whoever stores waits. */
  readonly dropOldest: (() => Promise<boolean>) | undefined;
}

/** A call of `store` that waits for its answer. */
interface Request {
  readonly batch: Batch;
  readonly reason: LetterReason;
  readonly answer: (result: StoreResult) => void;
}

/** A request whose letters are in the file, but not durable yet. */
interface Written extends Request {
  readonly bytes: number;
}

/** After so many bytes a group is synced, though more has come: nobody waits longer. */
const GROUP_BYTES = 16 * 1024 * 1024;

/**
 * Writes letters to one segment after another. Group commit: all batches that come while one sync is under way go
 * into the file together and share the next sync; each is answered when it is durable (I2). Where the disk refuses,
 * the file is cut back to what is durable and left alone, and those who wait are told.
 */
export class LetterWriter {
  readonly #options: LetterWriterOptions;
  readonly #encoder: LetterEncoder;
  readonly #requests: Request[] = [];
  #open: OpenSegment | undefined;
  /** What was written to the open segment; beyond `segment.bytes` it is not durable. */
  #writtenBytes = 0;
  /** The last write, which may be under way. */
  #writing: Promise<void> = Promise.resolve();
  #pumping: Promise<void> | undefined;

  constructor(options: LetterWriterOptions) {
    this.#options = options;
    this.#encoder = new LetterEncoder(options.sink);
  }

  /** Resolves when the letters of `batch` are durable, or with why they are not. Never rejects. */
  store(batch: Batch, reason: LetterReason): Promise<StoreResult> {
    if (this.#options.outage.error !== undefined) return Promise.resolve('unwritable');
    return new Promise(answer => {
      this.#requests.push({ batch, reason, answer });
      this.#pumping ??= this.#pump();
    });
  }

  /** Whether nothing is being written. */
  get isIdle(): boolean {
    return this.#pumping === undefined;
  }

  isWriting(segment: Segment): boolean {
    return this.#open?.segment === segment;
  }

  /** Ends the open segment; what comes next begins another. Only while idle. Never rejects. */
  async seal(): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    open.segment.isActive = false;
    try {
      await open.file.close();
    } catch (error) {
      this.#options.outage.report(error);
    }
    this.#options.sealed(open.segment);
  }

  /** Resolves when everybody was answered and the file is closed. */
  async close(): Promise<void> {
    await this.#pumping;
    await this.seal();
  }

  async #pump(): Promise<void> {
    while (this.#requests.length > 0) {
      const group: Written[] = [];
      try {
        if (this.#isFullFor(this.#requests[0]!.batch)) await this.seal();
        const refused = await this.#writeGroup(group);
        await this.#commit(group);
        if (refused !== undefined) await this.#makeRoom(refused);
      } catch (error) {
        await this.#fail(error, group);
      }
    }
    this.#encoder.rest();
    this.#pumping = undefined;
    // Its last letters may have become done meanwhile, when it could not be sealed.
    if (this.#open?.segment.isSpent) this.#options.spent(this.#open.segment);
  }

  /** Writes requests until there are no more, the segment is full, or there is no space: that request is returned. */
  async #writeGroup(group: Written[]): Promise<Request | undefined> {
    let groupBytes = 0;
    while (this.#requests.length > 0 && groupBytes < GROUP_BYTES) {
      const request = this.#requests[0]!;
      if (group.length > 0 && this.#isFullFor(request.batch)) break;
      const frames = this.#encoder.frames(request.batch, request.reason);
      const reserved = this.#reserve(request.batch, frames);
      if (reserved === 0) return request;
      this.#requests.shift();
      // In the group before anything can fail, so that it is answered.
      const written = { ...request, bytes: 0 };
      group.push(written);
      try {
        written.bytes = await this.#write(request.batch, frames);
      } finally {
        this.#options.space.free(reserved - written.bytes);
      }
      groupBytes += written.bytes;
    }
    return undefined;
  }

  async #write(batch: Batch, frames: readonly Frame[]): Promise<number> {
    if (this.#open === undefined) {
      this.#open = await this.#options.open();
      this.#writtenBytes = 0;
    }
    const { file } = this.#open;
    const start = this.#writtenBytes;
    for (const piece of this.#encoder.pieces(batch, frames)) {
      await this.#writing;
      this.#writing = writeAll(file, piece, this.#writtenBytes);
      this.#writtenBytes += piece.length;
    }
    await this.#writing;
    return this.#writtenBytes - start;
  }

  async #commit(group: Written[]): Promise<void> {
    if (group.length === 0) return;
    const { segment, file } = this.#open!;
    await file.datasync();
    this.#options.outage.succeeded();
    for (const { batch, reason, bytes, answer } of group.splice(0)) {
      const cause = LETTER_CAUSES.indexOf(reason.cause);
      segment.extend(bytes, cause, batch.records, reason.lastAtMs);
      this.#options.stored(segment, cause, batch.records);
      answer('stored');
    }
  }

  /** Nothing of the group is durable for sure, and after a failed sync the kernel may have forgotten what was written. */
  async #fail(error: unknown, group: readonly Written[]): Promise<void> {
    const [first] = group;
    this.#options.outage.report(error, first && this.#letterBytes(first));
    await this.#abandon();
    for (const { bytes, answer } of group) {
      this.#options.space.free(bytes);
      answer('unwritable');
    }
    for (const { answer } of this.#requests.splice(0)) answer('unwritable');
  }

  /** Cuts the open segment back to what is durable and closes it. What is left behind there is read at the next start. */
  async #abandon(): Promise<void> {
    await this.#writing.catch(() => undefined);
    this.#writing = Promise.resolve();
    if (this.#open === undefined) return;
    const { segment, file } = this.#open;
    try {
      await file.truncate(segment.bytes);
    } catch (error) {
      this.#options.outage.report(error);
    }
    await this.seal();
  }

  #letterBytes({ batch, reason }: Request): number {
    return exactLetterBytes(batch, this.#encoder.frames(batch, reason));
  }

  /** Space for the letters of a batch; where it is scarce, to the byte. 0 when there is none. */
  #reserve(batch: Batch, frames: readonly Frame[]): number {
    const { space } = this.#options;
    const most = maxLetterBytes(batch, frames);
    if (space.reserve(most)) return most;
    const exact = exactLetterBytes(batch, frames);
    if (space.reserve(exact)) return exact;
    if (!batch.parts.every(({ origin }) => origin.monitor === 'dlq')) {
      // Before anything else can happen: what becomes free from now on counts.
      space.refuse();
      return 0;
    }
    // Letters that were refused when they were sent again: the space they have is free only after this.
    space.occupy(exact);
    return exact;
  }

  /** No space for the first request: drops the oldest letters, or says so. */
  async #makeRoom(request: Request): Promise<void> {
    const { dropOldest } = this.#options;
    if (dropOldest !== undefined) {
      await this.seal();
      if (await dropOldest()) return;
    }
    this.#requests.splice(this.#requests.indexOf(request), 1);
    request.answer('full');
  }

  /** Whether the open segment is too large or too old to take the batch as well. */
  #isFullFor(batch: Batch): boolean {
    if (this.#open === undefined || this.#writtenBytes === 0) return false;
    const { segmentBytes, segmentAgeMs, clock } = this.#options;
    const ageMs = clock.now() - this.#open.segment.firstMs;
    return this.#writtenBytes + batch.bytes > segmentBytes || ageMs > segmentAgeMs;
  }
}
