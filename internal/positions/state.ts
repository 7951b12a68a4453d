import { invariant } from '../../pkg/errors/errors.ts';
import type { Json, Passage } from '../../pkg/types/ports.ts';
import { type Instant, plusNanos } from '../../pkg/types/stream.ts';

/** All that is remembered of one file or container: what a snapshot holds and a journal brings forward. */
export interface TrackState {
  readonly id: number;
  readonly kind: string;
  readonly key: string;
  meta: Json;
  position: Json;
  /** How many passages lie behind `position`, ever: passages are numbered from 1. */
  settled: number;
  /** Passages number `settled + 1`, `settled + 2`, …: opened, not yet settled. */
  pending: Passage[];
  nextTime: Instant | undefined;
}

/** One line of the journal. To apply a line twice does no harm. */
export type JournalRecord =
  | {
      readonly op: 'create';
      readonly id: number;
      readonly kind: string;
      readonly key: string;
      readonly meta: Json;
      readonly position: Json;
    }
  | { readonly op: 'open'; readonly id: number; readonly n: number; readonly passage: Passage }
  | { readonly op: 'commit'; readonly id: number; readonly n: number; readonly position: Json }
  | { readonly op: 'meta'; readonly id: number; readonly meta: Json }
  | { readonly op: 'forget'; readonly id: number };

/** Passage number `n` was opened; those that had been opened in its place or after it are no more. */
export function enterPassage(track: TrackState, n: number, passage: Passage): void {
  const index = n - track.settled - 1;
  if (index < 0) return;
  invariant(index <= track.pending.length, 'a passage was opened out of turn');
  track.pending.length = index;
  track.pending.push(passage);
  const next = plusNanos(passage.base, passage.records);
  if (track.nextTime === undefined || isLater(next, track.nextTime)) track.nextTime = next;
}

/** Passage number `n` and all after it were never opened after all. */
export function withdrawPassages(track: TrackState, n: number): void {
  track.pending.length = n - track.settled - 1;
}

/** Everything up to passage number `n` is settled, and so is `position`. */
export function commit(track: TrackState, n: number, position: Json): void {
  if (n < track.settled) return;
  track.pending.splice(0, n - track.settled);
  track.settled = n;
  track.position = position;
}

/** Every track that is remembered, by id. */
export class PositionsState {
  readonly tracks = new Map<number, TrackState>();
  /** Ids are never used again: a late line of the journal must not hit a younger track. */
  #nextId = 1;

  get nextId(): number {
    return this.#nextId;
  }

  create(kind: string, key: string, meta: Json, position: Json): TrackState {
    const track = {
      id: this.#nextId,
      kind,
      key,
      meta,
      position,
      settled: 0,
      pending: [],
      nextTime: undefined,
    };
    this.insert(track);
    return track;
  }

  insert(track: TrackState): void {
    this.tracks.set(track.id, track);
    this.reserve(track.id);
  }

  /** `id` has been in use. */
  reserve(id: number): void {
    this.#nextId = Math.max(this.#nextId, id + 1);
  }

  /** Does what a line of the journal says. A track that is not known has been forgotten since. */
  apply(record: JournalRecord): void {
    this.reserve(record.id);
    if (record.op === 'create') {
      const { id, kind, key, meta, position } = record;
      this.insert({ id, kind, key, meta, position, settled: 0, pending: [], nextTime: undefined });
      return;
    }
    const track = this.tracks.get(record.id);
    if (track === undefined) return;
    if (record.op === 'open') enterPassage(track, record.n, record.passage);
    else if (record.op === 'commit') commit(track, record.n, record.position);
    else if (record.op === 'meta') track.meta = record.meta;
    else this.tracks.delete(record.id);
  }
}

function isLater(a: Instant, b: Instant): boolean {
  return a.sec > b.sec || (a.sec === b.sec && a.nanos > b.nanos);
}
