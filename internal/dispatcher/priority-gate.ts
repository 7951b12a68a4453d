import type { Chunk } from '../../pkg/types/chunk.ts';
import type { Publisher } from '../../pkg/types/ports.ts';

/** How urgent the lines of a source are. */
export type Priority = 'low' | 'normal' | 'high';

const RANKS: Readonly<Record<Priority, number>> = { low: 0, normal: 1, high: 2 };
/** Each so many turns belong to whoever has waited longest, however urgent he is: nobody starves. */
const FAIR_TURN = 4;

interface Waiting {
  readonly rank: number;
  readonly goOn: () => void;
}

/**
 * The door to the queue. While there is room everybody passes at once; while there is none, one waits for room, and
 * the most urgent of the others is next. Whoever waits does not read, so urgent sources are read first.
 */
export class PriorityGate {
  readonly #publisher: Publisher;
  /** In order of arrival. */
  readonly #waiting: Waiting[] = [];
  #isBusy = false;
  #turns = 0;

  constructor(publisher: Publisher) {
    this.#publisher = publisher;
  }

  /** The way in for a source of this priority. */
  at(priority: Priority): Publisher {
    return { publish: chunk => this.#publish(chunk, RANKS[priority]) };
  }

  async #publish(chunk: Chunk, rank: number): Promise<void> {
    if (this.#isBusy) await new Promise<void>(goOn => this.#waiting.push({ rank, goOn }));
    this.#isBusy = true;
    try {
      await this.#publisher.publish(chunk);
    } finally {
      this.#letNextIn();
    }
  }

  #letNextIn(): void {
    const isFair = ++this.#turns % FAIR_TURN === 0;
    const most = isFair ? undefined : Math.max(...this.#waiting.map(({ rank }) => rank));
    const next = isFair ? 0 : this.#waiting.findIndex(({ rank }) => rank === most);
    // Busy until the next one comes in, so that nobody slips in before.
    this.#isBusy = this.#waiting.length > 0;
    if (this.#isBusy) this.#waiting.splice(next, 1)[0]!.goOn();
  }
}
