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
 *                           held         (as waiting, when parking is full: stays in the slot, so the slot stalls)
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
  /** Not before this time, on the monotonic clock, is `held` tried again. */
  heldUntilMs = 0;
  inFlight: LaneBatch | undefined;
  /** Resolves when the sink has let go of the last batch that was sent from here. */
  settled: Promise<void> = Promise.resolve();

  /** Whether it can gather: it has nothing sealed that is not yet under way. */
  get isOpen(): boolean {
    return this.ready.length === 0 && this.held === undefined;
  }

  /** Empties the slot of all that was sealed and is not under way. */
  takeAll(): LaneBatch[] {
    const all = [
      ...(this.held === undefined ? [] : [this.held]),
      ...this.waiting.drain(),
      ...this.ready.splice(0),
    ];
    this.held = undefined;
    return all;
  }

  /** The oldest batch that could be sent next, if any. */
  oldest(nowMs: number): LaneBatch | undefined {
    let oldest = this.heldUntilMs <= nowMs ? this.held : undefined;
    for (const candidate of [this.waiting.peek(), this.ready[0]])
      if (candidate !== undefined && (oldest === undefined || isEarlier(candidate, oldest)))
        oldest = candidate;
    return oldest;
  }
}
