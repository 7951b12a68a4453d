import { Heap } from '../../pkg/heap/heap.ts';
import { spanBytes } from '../../pkg/types/chunk.ts';
import { isEarlier, type LaneBatch, type LanePart } from './lane-batch.ts';

/**
 * One of a lane's places for a send in flight. A stream always goes through the same slot (by its hash), and a slot
 * sends one batch at a time, oldest first: so the lines of a stream arrive in the order in which they were read,
 * while other slots go on.
 *
 *   filling ──seal──▶ ready ──▶ inFlight ──▶ settled
 *                       ▲           │ the sink took nothing
 *                       └── waiting ◀┘   (parked: owned, counted against the lane's bounds)
 *                           held         (as waiting, where parking has no room: stays in the slot, which stalls)
 */
export class Slot {
  /** Parts gathered so far, and their sums. */
  filling: LanePart[] = [];
  fillingRecords = 0;
  fillingBytes = 0;
  /** When the oldest part gathered has to be on its way, on the monotonic clock. */
  sealAtMs = Number.POSITIVE_INFINITY;
  /** Sealed and not yet tried; more than one only after a split. */
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

  /** Whether it can gather: it has nothing sealed that is not yet under way. */
  get isOpen(): boolean {
    return this.ready.length === 0 && this.held.size === 0;
  }

  /** Gathers one part more. */
  fill(part: LanePart): void {
    this.filling.push(part);
    this.fillingRecords += part.to - part.from;
    this.fillingBytes += spanBytes(part.spans, part.from, part.to);
  }

  /** Takes out what keeps it from gathering. */
  takeStalled(): LaneBatch[] {
    return [...this.held.drain(), ...this.ready.splice(0)];
  }

  /** Empties the slot of all that was sealed and is not under way. */
  takeAll(): LaneBatch[] {
    return [...this.waiting.drain(), ...this.takeStalled()];
  }

  /** The oldest batch that could be sent next, if any. */
  oldest(nowMs: number): LaneBatch | undefined {
    let oldest = this.heldUntilMs <= nowMs ? this.held.peek() : undefined;
    for (const candidate of [this.waiting.peek(), this.ready[0]])
      if (candidate !== undefined && (oldest === undefined || isEarlier(candidate, oldest)))
        oldest = candidate;
    return oldest;
  }
}
