import type { BigIntStats } from 'node:fs';
import type { Slab } from '../../../pkg/slab/slab-pool.ts';
import { ArchiveReader, readerOf } from './archive-reader.ts';
import { finishArchive, leaveUnread } from './archive-track.ts';
import { chunkMemory } from './chunk-memory.ts';
import { type ArchiveFormat, isCompressed } from './compression.ts';
import { type Access, Descriptor } from './descriptor.ts';
import {
  type FileId,
  type FileMeta,
  type FilePosition,
  type FileTrack,
  fileId,
  growHead,
  movedTo,
  reach,
  rememberPath,
} from './identity.ts';
import { openFile, pathOfDescriptor } from './open-file.ts';
import { Patience } from './patience.ts';
import { Progress } from './progress.ts';
import { PlainReader, positionIn, type Reader } from './reader.ts';
import { Sight } from './sight.ts';
import { countDamage, countLosses, type SourceContext } from './source.ts';
import { endStep, isEnd, type Outcome, type ReadEnd, type Step } from './step.ts';

/** Reads one file: each step is one read, the records in it, a receipt, a chunk. Steps never overlap. */
export class Tailer {
  /** Changes when the file is found again in an archive. */
  id: FileId;
  /** Where the file is to be opened: changes when it is renamed. */
  path: string;
  readonly descriptor: Descriptor;
  readonly progress: Progress;
  /** What is remembered of the file. */
  readonly track: FileTrack;
  readonly #context: SourceContext;
  readonly #patience: Patience;
  readonly #sight: Sight;
  #endOfRead = 0;

  constructor(context: SourceContext, track: FileTrack, path: string) {
    this.id = fileId(track.meta);
    this.path = path;
    this.#context = context;
    this.track = track;
    this.descriptor = new Descriptor(context, () => this.#open());
    this.progress = new Progress(context, track);
    this.#patience = new Patience(context.clock, context.patienceMs);
    const { nextTime } = track;
    this.#sight = new Sight(nextTime === undefined ? 0 : nextTime.sec * 1000 + nextTime.nanos / 1e6);
  }

  /** The position behind what was published. */
  get position(): FilePosition {
    return this.progress.position;
  }

  /** What is remembered to know the file again. */
  get meta(): FileMeta {
    return this.track.meta;
  }

  /** Where the file was first seen: its `filename` label. */
  get firstPath(): string {
    return this.track.meta.path;
  }

  /** Size when it was last seen; of what is compressed, as far as it was read. */
  get sizeBytes(): number {
    return this.#sight.sizeBytes;
  }

  /** When it was last written to, as far as is known; wall clock. */
  get modifiedMs(): number {
    return this.#sight.modifiedMs;
  }

  /** Bytes that are known to be there and have not been published. */
  get lagBytes(): number {
    return Math.max(0, this.sizeBytes - this.position.offset);
  }

  /** Bytes behind the position that were seen, so that it is known what is lost when they are gone. */
  get unsentBytes(): number {
    return (
      Math.max(this.#endOfRead, this.progress.seenTo.offset, this.position.offset) - this.position.offset
    );
  }

  /** How long lines that were read may still wait for others that belong to them; `undefined` where none do. */
  get dueInMs(): number | undefined {
    return this.#patience.leftMs;
  }

  /** Whether there may be something to read: more bytes, or other ones, for it was written to since it was read. */
  get isBehind(): boolean {
    if (this.progress.passage !== undefined) return true;
    if (this.meta.archive !== undefined) return this.#sight.diskBytes !== this.meta.archive.readBytes;
    const { offset } = this.position;
    return this.sizeBytes !== offset || (offset > 0 && this.#sight.isUnproved);
  }

  /** The file was seen at its path, with this size and time. */
  see(sizeBytes: number, modifiedMs: number): void {
    this.#sight.see(sizeBytes, modifiedMs, this.meta.archive !== undefined);
  }

  /** Looks how long the file is that is open, wherever it is. */
  async look(): Promise<void> {
    this.#sight.sizeBytes = (await this.descriptor.sizeBytes()) ?? this.sizeBytes;
  }

  /**
   * One read and what follows from it. With `isFinal` a last line without newline is sent as it is. Waits for
   * room in the queue and for the state directory. Rejects where the file system refuses to open or to read.
   */
  async step(isFinal = false): Promise<Step> {
    const reader = await this.descriptor.open();
    if (typeof reader === 'string') return reader;
    const slab = this.#context.slabs.acquire();
    let outcome: Outcome | undefined;
    try {
      outcome = await this.#find(reader, slab, isFinal);
    } finally {
      if (outcome?.runs?.some(run => run.slab === slab) !== true) slab.release();
    }
    const { step, runs } = outcome;
    if (runs !== undefined && !(await this.progress.send(runs, outcome.end))) return 'stopped';
    if (isEnd(step)) this.#finish(reader);
    return step;
  }

  /** The file really is at `path`, wherever it is opened. */
  seenAt(path: string): void {
    rememberPath(this.track, path);
  }

  /** What is in the file is read from its copy at `path` from now on, from where it was left. */
  async moveInto(path: string, stat: BigIntStats, format: ArchiveFormat | undefined): Promise<void> {
    await this.close();
    this.track.meta = movedTo(this.meta, stat, format);
    this.id = fileId(this.meta);
    this.path = path;
    this.see(Number(stat.size), Number(stat.mtimeMs));
  }

  /** Nothing was new for a while: keeps only what is needed to go on. */
  async rest(): Promise<void> {
    this.progress.letGoOfRecent();
    await this.close();
  }

  /** Gives the descriptor back; the next step opens the file again. */
  async close(): Promise<void> {
    this.progress.letGoOfStreams();
    await this.descriptor.close();
  }

  /** Remembers the file although it is gone: it may come back, or a copy of it. */
  keep(): void {
    this.track.meta = { ...this.meta, isGone: true };
  }

  /** Forgets the position: the file is gone and all of it is settled. */
  forget(): void {
    this.track.forget();
  }

  async #open(): Promise<Access> {
    const opened = await openFile(this.path, this.id, this.meta, this.#context.source.followSymlinks);
    if (typeof opened === 'string') return opened;
    this.see(opened.sizeBytes, opened.modifiedMs);
    this.seenAt(pathOfDescriptor(opened.handle.fd) ?? this.path);
    return readerOf(opened.handle, this.meta.archive);
  }

  async #find(reader: Reader, slab: Slab, isFinal: boolean): Promise<Outcome> {
    const { position, passage } = this.progress;
    const { archive } = this.meta;
    // Whoever stood before it in line has it visited, too.
    if (archive !== undefined && !this.isBehind) return { step: 'quiet' };
    const isBounded = passage !== undefined && !this.#context.finder.looksAhead;
    const limit = isBounded ? passage.end.offset - position.offset : slab.bytes.length;
    const nowMs = this.#context.clock.now();
    const read = await reader.readAfter(position, slab.bytes, limit);
    if (read.isChanged) return { step: 'changed' };
    this.#sight.prove(nowMs);
    const { from, to } = read;
    if (position.offset === 0 && reader instanceof PlainReader) {
      const isText = !isCompressed(slab.bytes, from, to);
      if (isText && archive !== undefined) return { step: 'changed' };
      if (!isText) return this.#leaveUnread();
    }
    const isPassage = isBounded && to - from === limit;
    const isFull = to === slab.bytes.length || isPassage;
    // Less than what was read before the restart: this is not what it was read from.
    if (isBounded && !isFull) return { step: 'changed' };
    // Nothing follows what was compressed.
    const isLast = isPassage || ((isFinal || archive !== undefined) && !isFull);
    return this.#take(slab, from, to, { isBounded: isPassage, isFull, isFinal: isLast });
  }

  /** Finds the records in what was read. */
  #take(slab: Slab, from: number, to: number, { isBounded, isFull, isFinal }: ReadEnd): Outcome {
    const { bytes } = slab;
    const { position, passage } = this.progress;
    const endOfRead = position.offset + to - from;
    const isDue = !isFull && endOfRead === this.#endOfRead && this.dueInMs === 0;
    const state = { isStart: position.offset === 0, isCut: position.isCut, isFinal, isFull, isDue };
    const found = this.#context.finder.find(bytes, from, to, state, this.progress.place);
    const isPassage = isBounded || found.isPassage;
    if (passage !== undefined && !isPassage && !isFull) return { step: 'changed' };
    // What was left out before a passage is skipped first: with that behind, the passage fits into one read.
    const isBefore = passage !== undefined && !isPassage && found.runs.length > 0 && found.start > from;
    const { consumed, isCut, outputs } = isBefore ? { ...found, consumed: found.start, isCut: false } : found;
    const end = positionIn(bytes, from, position, { consumed, isCut, outputs });
    if (isPassage && end.check !== passage?.end.check) return { step: 'changed' };

    growHead(this.track, position.offset, bytes.subarray(from, consumed));
    countLosses(found, this.#context);
    const step = this.#stepAfter(isFull || found.hasMore, endOfRead);
    this.#patience.afterRead(found.isOpen, step !== 'quiet');
    if (found.runs.length > 0 && !isBefore)
      return { step, end, runs: found.runs.map(run => chunkMemory(slab, run, this.#context.copies)) };
    if (reach(end) > reach(position)) this.progress.skipTo(end);
    return { step };
  }

  #stepAfter(isFull: boolean, endOfRead: number): Step {
    const newBytes = endOfRead - this.#endOfRead;
    this.#endOfRead = endOfRead;
    if (endOfRead > this.sizeBytes) this.#sight.modifiedMs = this.#context.clock.now();
    if (isFull) return 'more';
    this.#sight.sizeBytes = endOfRead;
    return endStep(newBytes);
  }

  #finish(reader: Reader): void {
    const isNew = finishArchive(this.track, this.#sight.diskBytes);
    if (isNew && reader instanceof ArchiveReader) countDamage(reader.damage, this.path, this.#context);
  }

  #leaveUnread(): Outcome {
    this.#sight.sizeBytes = 0;
    leaveUnread(this.track);
    return { step: 'quiet' };
  }
}
