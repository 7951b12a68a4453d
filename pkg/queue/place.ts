import type { Lag, Weight } from './message.ts';
import type { MessageLog } from './message-log.ts';

/** How a place begins. */
export interface Start {
  readonly from: 'oldest' | 'newest';
  /** Whether messages are acknowledged by `acknowledge`, not by reading them. */
  readonly isExplicit: boolean;
}

const NO_LAG: Lag = { messages: 0, records: 0, bytes: 0, oldestAtMs: undefined };

/** How far one consumer has come. Outlives the consumer where it acknowledges explicitly. */
export class Place {
  readonly name: string;
  readonly isExplicit: boolean;
  /** Sequence of the first message that is not acknowledged: it and all later ones are held for this place. */
  acknowledged: number;
  /** When the consumer last did something, or got something to do, on the monotonic clock. */
  activeMs: number;
  wake: (() => void) | undefined;
  isAttached = true;
  isRemoved = false;
  #passedRecords: number;
  #passedBytes: number;

  constructor(name: string, start: Start, log: MessageLog<unknown>, nowMs: number) {
    const { published } = log;
    const isOldest = start.from === 'oldest';
    this.name = name;
    this.isExplicit = start.isExplicit;
    this.acknowledged = isOldest ? log.head : log.next;
    this.activeMs = nowMs;
    this.#passedRecords = published.records - (isOldest ? log.records : 0);
    this.#passedBytes = published.bytes - (isOldest ? log.bytes : 0);
  }

  /** Counts the next message as acknowledged. */
  pass(weight: Weight): void {
    this.acknowledged++;
    this.#passedRecords += weight.records;
    this.#passedBytes += weight.bytes;
  }

  /** What is held for this place: nothing once it was removed. */
  lag(log: MessageLog<unknown>): Lag {
    if (this.isRemoved) return NO_LAG;
    const { records, bytes } = log.published;
    return {
      messages: log.next - this.acknowledged,
      records: records - this.#passedRecords,
      bytes: bytes - this.#passedBytes,
      oldestAtMs: log.at(this.acknowledged)?.atMs,
    };
  }
}
