import type { FileHandle } from 'node:fs/promises';
import type { Slab } from '../../../pkg/slab/slab-pool.ts';
import type { Passage } from '../../../pkg/types/ports.ts';
import type { Stream } from '../../../pkg/types/stream.ts';
import { type ChunkMemory, chunkMemory } from './chunk-memory.ts';
import {
  type FileId,
  type FileMeta,
  type FilePosition,
  type FileTrack,
  fileId,
  growHead,
  START,
} from './identity.ts';
import { openFile } from './open-file.ts';
import { positionIn, readAfter } from './reader.ts';
import { openReceipt, publish } from './send.ts';
import { countLosses, type SourceContext } from './source.ts';

/**
 * How a step ended. `more`: there may be more to read at once; `fresh`: something was new, and the end was
 * reached; `quiet`: nothing was new; `changed`: the content is not what was read, so it has to be read from the
 * start under a new track; `absent`: the path does not lead to the file any more; `stopped`: the agent stops.
 */
export type Step = 'more' | 'fresh' | 'quiet' | 'changed' | 'absent' | 'stopped';

/** File systems count time in steps of up to this long. */
const TIME_STEP_MS = 20;

/** What follows from a read: a step alone, or records that are to be sent, and the position behind them. */
type Outcome =
  | { readonly step: Step; readonly memory?: undefined }
  | { readonly step: Step; readonly memory: ChunkMemory; readonly end: FilePosition };

/**
 * Reads one file: each step is one read, the records in it, a receipt, a chunk. Steps never overlap. Chunks that
 * were under way when the agent died come first, with the bounds and times they had.
 */
export class Tailer {
  readonly id: FileId;
  /** Where the file is to be opened: changes when it is renamed. */
  path: string;
  /** What a step that is under way waits for, where it is not the disk. */
  waitsFor: string | undefined;
  /** Size when it was last seen. */
  sizeBytes = 0;
  /** When it was last written to, as far as is known; wall clock. */
  modifiedMs = 0;
  readonly #context: SourceContext;
  readonly #track: FileTrack;
  readonly #pending: Passage<FilePosition>[];
  #position: FilePosition;
  #endOfRead = 0;
  /** When it was last seen that what stands before the position is what was read; wall clock. */
  #provedMs = 0;
  /** Until when whole lines that were read wait for others that may belong to them; monotonic. */
  #openUntilMs: number | undefined;
  #handle: FileHandle | undefined;
  #stream: Stream | undefined;

  constructor(context: SourceContext, track: FileTrack, path: string) {
    this.id = fileId(track.meta);
    this.path = path;
    this.#context = context;
    this.#track = track;
    this.#position = track.readTo ?? START;
    this.#pending = track.pending.filter(({ end }) => end.offset > this.#position.offset);
    if (track.nextTime !== undefined) this.#provedMs = track.nextTime.sec * 1000 + track.nextTime.nanos / 1e6;
  }

  /** The position behind what was published. */
  get position(): FilePosition {
    return this.#position;
  }

  /** What is remembered to know the file again. */
  get meta(): FileMeta {
    return this.#track.meta;
  }

  /** Where the file was first seen: its `filename` label. */
  get firstPath(): string {
    return this.#track.meta.path;
  }

  get isOpen(): boolean {
    return this.#handle !== undefined;
  }

  /** Bytes that are known to be there and have not been published. */
  get lagBytes(): number {
    return Math.max(0, this.sizeBytes - this.#position.offset);
  }

  /** Whether every sink is done with all that was published. */
  get isSettled(): boolean {
    return (this.#track.position ?? START).offset === this.#position.offset;
  }

  /** Bytes behind the position that were seen, so that it is known what is lost when they are gone. */
  get unsentBytes(): number {
    const seen = Math.max(this.#endOfRead, this.#pending.at(-1)?.end.offset ?? 0);
    return Math.max(0, seen - this.#position.offset);
  }

  /** How long lines that were read may still wait for others that belong to them; `undefined` where none do. */
  get dueInMs(): number | undefined {
    if (this.#openUntilMs === undefined) return undefined;
    return Math.max(0, this.#openUntilMs - this.#context.clock.monotonicMs());
  }

  /** Whether there may be something to read: more bytes, or other ones, for it was written to since it was read. */
  get isBehind(): boolean {
    const { offset } = this.#position;
    const isUnproved = offset > 0 && this.modifiedMs + TIME_STEP_MS > this.#provedMs;
    return this.#pending.length > 0 || this.sizeBytes !== offset || isUnproved;
  }

  /**
   * One read and what follows from it. With `isFinal` a last line without newline is sent as it is. Waits for
   * room in the queue and for the state directory. Rejects where the file system refuses to open or to read.
   */
  async step(isFinal = false): Promise<Step> {
    const handle = await this.#open();
    if (typeof handle === 'string') return handle;
    const slab = this.#context.slabs.acquire();
    let outcome: Outcome | undefined;
    try {
      outcome = await this.#find(handle, slab, isFinal);
    } finally {
      if (outcome?.memory?.onFree === undefined) slab.release();
    }
    if (outcome.memory === undefined) return outcome.step;
    return (await this.#send(outcome.memory, outcome.end)) ? outcome.step : 'stopped';
  }

  /** Gives the descriptor back; the next step opens the file again. */
  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    this.#stream = undefined;
    await handle?.close();
  }

  /** Forgets the position: the file is gone and all of it is settled. */
  forget(): void {
    this.#track.forget();
  }

  async #open(): Promise<FileHandle | Step> {
    if (this.#handle !== undefined) return this.#handle;
    const opened = await openFile(this.path, this.id, this.#track.meta, this.#context.source.followSymlinks);
    if (typeof opened === 'string') return opened;
    this.sizeBytes = opened.sizeBytes;
    this.modifiedMs = opened.modifiedMs;
    this.#handle = opened.handle;
    return opened.handle;
  }

  async #find(handle: FileHandle, slab: Slab, isFinal: boolean): Promise<Outcome> {
    const { clock, finder } = this.#context;
    const { bytes } = slab;
    const position = this.#position;
    const passage = this.#pending[0];
    const limit = passage === undefined ? bytes.length : passage.end.offset - position.offset;
    const nowMs = clock.now();
    const read = await readAfter(handle, position, bytes, limit);
    if (read.isChanged) return { step: 'changed' };
    this.#provedMs = nowMs;

    const { from, to } = read;
    const isPassage = to - from === limit && passage !== undefined;
    const isFull = to === bytes.length || isPassage;
    // Less than what was read before the restart: this is not what it was read from.
    if (passage !== undefined && !isFull) return { step: 'changed' };
    const endOfRead = position.offset + to - from;
    const found = finder.find(bytes, from, to, {
      isStart: position.offset === 0,
      isCut: position.isCut,
      isFinal: isPassage || (isFinal && !isFull),
      isFull,
      isDue: !isFull && endOfRead === this.#endOfRead && this.dueInMs === 0,
    });
    // What was left out before a passage is skipped first: with that behind, the passage fits into one read.
    const isBefore = passage !== undefined && !isPassage && found.spans.length > 0 && found.start > from;
    const consumed = isBefore ? found.start : found.consumed;
    const end = positionIn(bytes, from, consumed, position, found.isCut && !isBefore);
    if (isPassage && end.check !== passage.end.check) return { step: 'changed' };

    growHead(this.#track, position.offset, bytes.subarray(from, consumed));
    countLosses(found, this.#context);
    const step = this.#stepAfter(isFull || found.hasMore, endOfRead);
    this.#awaitMore(found.isOpen, step);
    if (found.spans.length > 0 && !isBefore) return { step, end, memory: chunkMemory(slab, found) };
    if (consumed > from) this.#skipTo(end);
    return { step };
  }

  #stepAfter(isFull: boolean, endOfRead: number): Step {
    const isNew = endOfRead !== this.#endOfRead;
    this.#endOfRead = endOfRead;
    if (endOfRead > this.sizeBytes) this.modifiedMs = this.#context.clock.now();
    if (isFull) return 'more';
    this.sizeBytes = endOfRead;
    return isNew ? 'fresh' : 'quiet';
  }

  /** Lines that may belong to a record with what follows wait for it, for a time that begins with the last of them. */
  #awaitMore(isOpen: boolean, step: Step): void {
    const { source, clock } = this.#context;
    if (!isOpen) this.#openUntilMs = undefined;
    else if (step !== 'quiet' || this.#openUntilMs === undefined) {
      this.#openUntilMs = clock.monotonicMs() + (source.multiline?.timeoutMs ?? 0);
    }
  }

  #skipTo(end: FilePosition): void {
    this.#track.skip(end);
    this.#moveTo(end);
  }

  #moveTo(end: FilePosition): void {
    this.#position = end;
    while (this.#pending.length > 0 && this.#pending[0]!.end.offset <= end.offset) this.#pending.shift();
  }

  async #send(memory: ChunkMemory, end: FilePosition): Promise<boolean> {
    const context = this.#context;
    this.#stream ??= context.streams.of(this.#track.meta.path, this.#track.nextTime);
    const records = memory.spans.length / 2;
    const nowMs = context.clock.now();
    const passage = this.#pending[0];
    // With the times it had, so that what is sent again is the same to the byte.
    const isSame = passage?.end.offset === end.offset && passage.records === records;
    const base = isSame ? passage.base : this.#stream.takeTimes(records, nowMs);
    this.waitsFor = 'the state directory to take its position';
    const receipt = await openReceipt(this.#track, { end, records, base }, context);
    this.waitsFor = 'room in the queue';
    if (receipt === undefined) {
      memory.onFree?.();
      return false;
    }
    this.#moveTo(end);
    const init = { ...memory, stream: this.#stream, base, readAtMs: nowMs, receipt, position: end };
    const isPublished = await publish(init, context);
    this.waitsFor = undefined;
    return isPublished;
  }
}
