import { type Slab, SlabPool } from '../../../pkg/slab/slab-pool.ts';

const BYTES_AT_ONCE = 512 * 1024;
const READS_AT_ONCE = 4;
/** Between two reads of a log that is written to, whatever the number of its lines; longer where many logs are. */
const SHORTEST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 250;
const PAUSE_PER_LOG_MS = 5;

/** What the logs that are read from files share: memory, turns, and how often it is worth to look for more. */
export class FileReads {
  readonly #slabs = new SlabPool({ slabBytes: BYTES_AT_ONCE, retainBytes: BYTES_AT_ONCE });
  readonly #waiting: (() => void)[] = [];
  #reading = 0;
  #logs = 0;

  /** Between two reads of one log. */
  get pauseMs(): number {
    return Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, this.#logs * PAUSE_PER_LOG_MS));
  }

  /** One log more is read, until what is returned is called. */
  enter(): () => void {
    this.#logs++;
    return () => {
      this.#logs--;
    };
  }

  /** Does one read when it is its turn; the memory is lent until it resolves. */
  async read<T>(work: (slab: Slab) => Promise<T>): Promise<T> {
    if (this.#reading >= READS_AT_ONCE) await new Promise<void>(resolve => this.#waiting.push(resolve));
    else this.#reading++;
    const slab = this.#slabs.acquire();
    try {
      return await work(slab);
    } finally {
      slab.release();
      const next = this.#waiting.shift();
      if (next === undefined) this.#reading--;
      else next();
    }
  }
}
