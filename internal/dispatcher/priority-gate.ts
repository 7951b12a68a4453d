import type { Weight } from '../../pkg/queue/message.ts';
import type { Urgency } from '../../pkg/queue/room.ts';
import type { Chunk } from '../../pkg/types/chunk.ts';
import type { Publisher } from '../../pkg/types/ports.ts';

/** How urgent the lines of a source are. */
export type Priority = 'low' | 'normal' | 'high';

const RANKS: Readonly<Record<Priority, number>> = { low: 0, normal: 1, high: 2 };

/** Where a chunk goes: the dispatcher. */
interface Queue {
  publish(chunk: Chunk, urgency: Urgency): Promise<void>;
}

/**
 * The doors to the queue. While it is full the most urgent source is next, and whoever waits does not read. The most
 * urgent may fill all of the queue, those below it half, those below these a quarter: else two sources would take
 * turns, for while one reads its next lines the other is the most urgent of those who wait.
 */
export class PriorityGate {
  readonly #queue: Queue;
  readonly #bounds: Weight;
  /** Of the sources that have published. */
  #highestRank = 0;

  /** `bounds` are those of the queue. */
  constructor(queue: Queue, bounds: Weight) {
    this.#queue = queue;
    this.#bounds = bounds;
  }

  /** The way in for a source of this priority. */
  at(priority: Priority): Publisher {
    const rank = RANKS[priority];
    return {
      publish: chunk => {
        this.#highestRank = Math.max(this.#highestRank, rank);
        return this.#queue.publish(chunk, { rank, spare: this.#spare(rank) });
      },
    };
  }

  #spare(rank: number): Weight {
    const part = 1 - 0.5 ** (this.#highestRank - rank);
    return { records: Math.ceil(this.#bounds.records * part), bytes: Math.ceil(this.#bounds.bytes * part) };
  }
}
