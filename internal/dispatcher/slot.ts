import { Heap } from '../../pkg/heap/heap.ts';
import { isEarlier, type LaneBatch, type LanePart } from './lane-batch.ts';

/**
 * One of a lane's places for a send in flight. A stream always goes through the same slot (by its hash), and a slot
 * sends one batch at a time, oldest first: so the lines of a stream arrive in the order in which they were read,
 * while other slots go on.
 *
 *   filling ──seal──▶ ready ──▶ inFlight ──▶ settled
 *                       ▲           │ the sink took nothing
 *                       └── waiting ◀┘   (parked: owned, counted against the lane's bounds)
 *                           held         (as waiting, when parking is full: stays in the slot, so the lane stalls)
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
  held: LaneBatch | undefined;
  inFlight: LaneBatch | undefined;
  /** Resolves when the sink has let go of the last batch that was sent from here. */
  settled: Promise<void> = Promise.resolve();

  /** Whether it can gather: it has nothing sealed that is not yet under way. */
  get isOpen(): boolean {
    return this.ready.length === 0 && this.held === undefined;
  }

  /** The oldest batch that could be sent next, if any. */
  oldest(): LaneBatch | undefined {
    let oldest = this.held;
    for (const candidate of [this.waiting.peek(), this.ready[0]])
      if (candidate !== undefined && (oldest === undefined || isEarlier(candidate, oldest)))
        oldest = candidate;
    return oldest;
  }
}
