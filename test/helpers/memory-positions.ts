import { LcError } from '../../pkg/errors/errors.ts';
import type { Json, Passage, Positions, Track } from '../../pkg/types/ports.ts';
import type { Receipt } from '../../pkg/types/receipt.ts';
import { type Instant, plusNanos } from '../../pkg/types/stream.ts';

interface Entry {
  readonly end: Json;
  readonly passage: Passage | undefined;
  lanesLeft: number;
}

/** A track in memory, with its entries in read order. */
class MemoryTrack implements Track {
  readonly key: string;
  readonly kind: string;
  meta: Json;
  readTo: Json | undefined;
  position: Json | undefined;
  nextTime: Instant | undefined;
  isForgotten = false;
  readonly #store: MemoryPositions;
  readonly #entries: Entry[] = [];
  readonly #remembered: readonly Passage[];
  #opened = 0;

  constructor(store: MemoryPositions, from: Pick<MemoryTrack, 'key' | 'kind' | 'meta' | 'position'>) {
    this.#store = store;
    this.key = from.key;
    this.kind = from.kind;
    this.meta = from.meta;
    this.position = from.position;
    this.readTo = from.position;
    this.#remembered = from instanceof MemoryTrack ? from.underWay : [];
    if (from instanceof MemoryTrack) this.nextTime = from.nextTime;
  }

  async open(passage: Passage): Promise<Receipt> {
    await Promise.resolve();
    if (!this.#store.isWritable) throw new LcError('LC_STATE_UNWRITABLE', { message: 'the disk is full' });
    this.#opened++;
    this.readTo = passage.end;
    const entry: Entry = { end: passage.end, passage, lanesLeft: Number.POSITIVE_INFINITY };
    this.#entries.push(entry);
    const next = plusNanos(passage.base, passage.records);
    if (this.nextTime === undefined || isLater(next, this.nextTime)) this.nextTime = next;
    return {
      expect: lanes => {
        entry.lanesLeft = lanes;
        this.#advance();
      },
      settle: () => {
        entry.lanesLeft--;
        this.#advance();
      },
    };
  }

  skip(end: Json): void {
    this.readTo = end;
    this.#entries.push({ end, passage: undefined, lanesLeft: 0 });
    this.#advance();
  }

  forget(): void {
    this.isForgotten = true;
    this.#store.remove(this);
  }

  /** The passages that are not settled, and those from before that were not opened again: what a journal gives back. */
  get underWay(): Passage[] {
    const open = this.#entries.flatMap(entry => entry.passage ?? []);
    return [...open, ...this.pending];
  }

  get pending(): readonly Passage[] {
    return this.#remembered.slice(this.#opened);
  }

  #advance(): void {
    while (this.#entries[0]?.lanesLeft === 0) this.position = this.#entries.shift()!.end;
  }
}

/** A positions store without a disk: what a restarted agent would find is `restarted()`. */
export class MemoryPositions implements Positions {
  isWritable = true;
  readonly #tracks = new Map<string, MemoryTrack>();
  readonly #waiting: (() => void)[] = [];

  tracks<P extends Json, M extends Json>(kind: string): readonly Track<P, M>[] {
    const tracks = [...this.#tracks.values()].filter(track => track.kind === kind);
    return tracks as unknown as Track<P, M>[];
  }

  create<P extends Json, M extends Json>(kind: string, key: string, meta: M, start: P): Track<P, M> {
    if (this.#tracks.has(`${kind} ${key}`)) throw new Error(`the key ${key} is in use`);
    const track = new MemoryTrack(this, { key, kind, meta, position: start });
    this.#tracks.set(`${kind} ${key}`, track);
    return track as unknown as Track<P, M>;
  }

  /** How many wait until the disk has room again. */
  get waiting(): number {
    return this.#waiting.length;
  }

  writable(): Promise<void> {
    return this.isWritable ? Promise.resolve() : new Promise(resolve => this.#waiting.push(resolve));
  }

  /** The disk has room again. */
  repair(): void {
    this.isWritable = true;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  remove(track: MemoryTrack): void {
    this.#tracks.delete(`${track.kind} ${track.key}`);
  }

  /** A copy as it would be read from the disk after the agent was killed now: unsettled passages are pending. */
  restarted(): MemoryPositions {
    const copy = new MemoryPositions();
    for (const [key, track] of this.#tracks) copy.#tracks.set(key, new MemoryTrack(copy, track));
    return copy;
  }
}

function isLater(a: Instant, b: Instant): boolean {
  return a.sec > b.sec || (a.sec === b.sec && a.nanos > b.nanos);
}
