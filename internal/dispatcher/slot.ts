import { Heap } from '../../pkg/heap/heap.ts';
import { spanBytes } from '../../pkg/types/chunk.ts';
import type { Stream } from '../../pkg/types/stream.ts';
import { isEarlier, type LaneBatch, type LanePart, type Place } from './lane-batch.ts';

/** Before everything that was read in this life of the agent. */
export const BEFORE_ALL: Place = { sequence: -1, offset: 0 };

/**
 * One of a lane's places for a send in flight. A stream always goes through the same slot (by its hash), and a slot
 * sends one batch at a time, oldest first: so the lines of a stream arrive in the order in which they were read,
 * while other slots go on.
 *
 *   filling ──seal──▶ ready ──▶ inFlight ──▶ settled
 *                       ▲           │ the sink took nothing
 *                       └── waiting ◀┘   (parked: owned, counted against the lane's bounds)
 *                           held         (as waiting, where parking has no room: stays in the slot, which stalls)
 *
 * In a lane that keeps order (`order: strict`) two more things hold a batch back: rests of earlier ones (`holdBackFor`), and
 * letters on disk (`cutAt`).
 */
export class Slot {
  /** Parts gathered so far, and their sums. */
  filling: LanePart[] = [];
  fillingRecords = 0;
  fillingBytes = 0;
  /** When the oldest part gathered has to be on its way, on the monotonic clock. */
  sealAtMs = Number.POSITIVE_INFINITY;
  /** Sealed and not yet tried, in order; more than one only after a split, or where the disk gave some back. */
  readonly ready: LaneBatch[] = [];
  readonly waiting = new Heap<LaneBatch>(isEarlier);
  /** More than one only where batches that were sealed already went on and came back. */
  readonly held = new Heap<LaneBatch>(isEarlier);
  /** Not before this time, on the monotonic clock, is what is held tried again. */
  heldUntilMs = 0;
  inFlight: LaneBatch | undefined;
  /** When it was sent, on the monotonic clock. */
  sentAtMs = 0;
  /** Resolves when the sink has let go of the last batch that was sent from here. */
  settled: Promise<void> = Promise.resolve();
  /** What the sink did not take of a batch, and which is tried again on its own: it holds its streams back. */
  readonly #rests = new Set<LaneBatch>();
  /** Parked until the rests that hold their streams back are through. */
  readonly #behind: LaneBatch[] = [];
  #cut: Place | undefined;

  /** Whether it can gather: it has nothing sealed that is not yet under way, but for what goes before its letters. */
  get isOpen(): boolean {
    if (this.isCut) return !this.ready.some(batch => this.isBehindLetters(batch));
    return this.ready.length === 0 && this.held.size === 0;
  }

  /** Gathers one part more. */
  fill(part: LanePart): void {
    this.filling.push(part);
    this.fillingRecords += part.to - part.from;
    this.fillingBytes += spanBytes(part.spans, part.from, part.to);
  }

  /** Whether letters of its streams wait on disk: what was read after them waits until they have been sent. */
  get isCut(): boolean {
    return this.#cut !== undefined;
  }

  /** Whether all that was read before those letters has left: they may be sent. */
  get isReadyForLetters(): boolean {
    if (this.#cut === undefined) return true;
    if (this.inFlight !== undefined || this.#rests.size > 0 || this.#behind.length > 0) return false;
    const oldest = earliest([this.waiting.peek(), this.held.peek(), this.ready[0]]);
    return oldest === undefined || !isEarlier(oldest, this.#cut);
  }

  /** What was read from `place` on waits for the letters that go before it. */
  cutAt(place: Place): void {
    this.#cut ??= place;
  }

  /** The letters have been sent. */
  rejoin(): void {
    this.#cut = undefined;
  }

  /** From where on what was read waits for letters, while they do. */
  get cut(): Place | undefined {
    return this.#cut;
  }

  /** Whether this batch waits for letters. */
  isBehindLetters(batch: LaneBatch): boolean {
    return this.#cut !== undefined && !isEarlier(batch, this.#cut);
  }

  /** The disk did not take this batch: it waits in its place again. */
  putBack(batch: LaneBatch): void {
    this.ready.push(batch);
    this.ready.sort(inOrder);
  }

  /** From now on later lines of the streams of `rest` wait for it. */
  holdBackFor(rest: LaneBatch): void {
    this.#rests.add(rest);
  }

  /** The batch has left for good: what waited behind it, if it was a rest, may be looked at again. */
  left(batch: LaneBatch): void {
    if (this.#rests.delete(batch)) this.joinBehind();
  }

  /** What waits behind rests waits with all else that is parked: its order is looked at again. */
  joinBehind(): void {
    for (const later of this.#behind.splice(0)) this.waiting.push(later);
  }

  /** Whether there is a batch that could be sent, or a part of one. */
  canSend(nowMs: number): boolean {
    const batch = this.oldest(nowMs);
    return batch !== undefined && this.lateStreams(batch) === undefined;
  }

  /** The streams of a batch that earlier lines hold back, if any. */
  lateStreams(batch: LaneBatch): ReadonlySet<Stream> | undefined {
    if (this.#rests.size === 0 || this.#rests.has(batch)) return undefined;
    const held = new Set<Stream>();
    // What the disk gave back may be older than a rest, and goes before it.
    for (const rest of this.#rests)
      if (isEarlier(rest, batch)) for (const { stream } of rest.parts) held.add(stream);
    const late = batch.parts.map(({ stream }) => stream).filter(stream => held.has(stream));
    return late.length === 0 ? undefined : new Set(late);
  }

  /** This batch, which is parked, waits until the rests are through. */
  putBehind(batch: LaneBatch): void {
    this.#behind.push(batch);
  }

  /** Takes out what keeps it from gathering, in order. */
  takeStalled(): LaneBatch[] {
    if (this.#cut === undefined) return [...this.held.drain(), ...this.ready.splice(0)];
    const first = this.ready.findIndex(batch => this.isBehindLetters(batch));
    return first < 0 ? [] : this.ready.splice(first);
  }

  /** Takes out all that was sealed after `place` and is not under way, in order; nothing waits for it any more. */
  takeAfter(place: Place): LaneBatch[] {
    const later: LaneBatch[] = [];
    const keep = (batch: LaneBatch, back: (batch: LaneBatch) => void): void => {
      if (isEarlier(place, batch)) later.push(batch);
      else back(batch);
    };
    for (const batch of this.waiting.drain()) keep(batch, each => this.waiting.push(each));
    for (const batch of this.#behind.splice(0)) keep(batch, each => this.#behind.push(each));
    for (const batch of this.held.drain()) keep(batch, each => this.held.push(each));
    for (const batch of this.ready.splice(0)) keep(batch, each => this.ready.push(each));
    for (const batch of later) this.left(batch);
    return later.sort(inOrder);
  }

  /** Empties the slot of all that was sealed and is not under way, in order. */
  takeAll(): LaneBatch[] {
    const all = [...this.waiting.drain(), ...this.#behind.splice(0), ...this.held.drain()];
    return [...all, ...this.ready.splice(0)].sort(inOrder);
  }

  /** The oldest batch that could be sent next, if any. */
  oldest(nowMs: number): LaneBatch | undefined {
    const held = this.heldUntilMs <= nowMs ? this.held.peek() : undefined;
    const oldest = earliest([held, this.waiting.peek(), this.ready[0]]);
    return oldest === undefined || this.isBehindLetters(oldest) ? undefined : oldest;
  }
}

/** The slot of a stream: always the same, so that its lines stay in order. */
export function slotOf({ stream }: { readonly stream: Stream }, slots: readonly Slot[]): Slot {
  return slots[stream.hash % slots.length]!;
}

function earliest(batches: readonly (LaneBatch | undefined)[]): LaneBatch | undefined {
  let first: LaneBatch | undefined;
  for (const batch of batches)
    if (batch !== undefined && (first === undefined || isEarlier(batch, first))) first = batch;
  return first;
}

function inOrder(a: LaneBatch, b: LaneBatch): number {
  return isEarlier(a, b) ? -1 : 1;
}
