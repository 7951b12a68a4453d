import type { Clock } from '../../pkg/clock/clock.ts';
import type { Weight } from '../../pkg/queue/message.ts';
import type { MultiConsumerQueue } from '../../pkg/queue/multi-consumer-queue.ts';
import type { Chunk } from '../../pkg/types/chunk.ts';
import type { Lane } from './lane.ts';

/** So far a lane that is in the way is relieved at once: few large writes to disk. */
const LOW_WATER = 0.1;
/** For so long a lane that works may hold up the others, and with them the reader. */
const HOLD_UP_MS = 3000;

export interface PressureOptions {
  readonly clock: Clock;
  readonly queue: MultiConsumerQueue<Chunk>;
  /** What the queue may hold. */
  readonly bounds: Weight;
  readonly lanes: () => readonly Lane[];
  /** Pumps the lane at this time, on the monotonic clock. */
  readonly wakeAt: (lane: Lane, atMs: number) => void;
}

/** Finds the lanes that keep the queue full, so that others could go on without them. */
export class Pressure {
  readonly #options: PressureOptions;
  /** When lanes that hold up others are looked at again, on the monotonic clock. */
  readonly #looksAtMs = new WeakMap<Lane, number>();

  constructor(options: PressureOptions) {
    this.#options = options;
  }

  /**
   * Whether a lane keeps the queue full with what it has not taken yet, and fails, or lags far behind one that works.
   * That one's lead counts only where it delivers: a lane that went to the disk is no measure for others. Of two that
   * work the slower one slows down the reader; it is in the way only when that takes seconds.
   */
  isInTheWay(lane: Lane): boolean {
    const { clock, queue, bounds, lanes } = this.#options;
    const { records, bytes } = lane.consumer.lag();
    const others = lanes().filter(other => other !== lane && !other.isDead);
    const isLast = (): boolean => others.every(other => other.consumer.lag().records <= records);
    const isLow = Math.max(records / bounds.records, bytes / bounds.bytes) < LOW_WATER;
    if (isLow && !(queue.stats().waiting > 0 && isLast())) return false;
    if (lane.breaker.isFailing) return true;
    if (!others.some(other => !other.breaker.isFailing && other.consumer.lag().records * 2 < records))
      return false;
    const heldUpMs = clock.now() - (lane.consumer.peek()?.data.readAtMs ?? 0);
    // Below 0 the clock went back: nobody waits for it to catch up.
    if (heldUpMs < 0 || heldUpMs >= HOLD_UP_MS) return true;
    this.#lookAgain(lane);
    return false;
  }

  /** A lane finds the queue full, and not by its own doing: whoever is in the way may have had no reason to look. */
  hurry(ahead: Lane): void {
    if (this.isInTheWay(ahead)) return;
    for (const lane of this.#options.lanes()) if (lane !== ahead && this.isInTheWay(lane)) lane.pump();
  }

  /** A lane that hangs may be all there is: nothing else would happen. */
  #lookAgain(lane: Lane): void {
    const nowMs = this.#options.clock.monotonicMs();
    if ((this.#looksAtMs.get(lane) ?? 0) > nowMs) return;
    this.#looksAtMs.set(lane, nowMs + HOLD_UP_MS);
    this.#options.wakeAt(lane, nowMs + HOLD_UP_MS);
  }
}
