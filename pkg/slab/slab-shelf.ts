import { type Slab, SlabPool } from './slab-pool.ts';

export interface SlabShelfOptions {
  /** What is smaller gets a slab of this size; a power of two. */
  readonly minBytes: number;
  /** Free slabs of each size are kept up to this many bytes; the rest goes to the garbage collector. */
  readonly retainBytes: number;
}

/**
 * Lends buffers of the size that is asked for: one pool for each of 64, 96, 128, 192, 256, … KiB, so that at most a
 * third of a slab is left over. For memory that comes and goes by the megabyte every second: to the collector it is
 * some 100 bytes of heap, so it is in no hurry.
 */
export class SlabShelf {
  readonly #options: SlabShelfOptions;
  readonly #pools = new Map<number, SlabPool>();

  constructor(options: SlabShelfOptions) {
    this.#options = options;
  }

  /** A slab of at least `bytes`. */
  acquire(bytes: number): Slab {
    const { minBytes, retainBytes } = this.#options;
    const slabBytes = roundUp(Math.max(bytes, minBytes));
    let pool = this.#pools.get(slabBytes);
    if (pool === undefined) {
      pool = new SlabPool({ slabBytes, retainBytes });
      this.#pools.set(slabBytes, pool);
    }
    return pool.acquire();
  }
}

/** To the next power of two, or to three quarters of it. */
function roundUp(bytes: number): number {
  const power = 2 ** Math.ceil(Math.log2(bytes));
  return bytes <= power * 0.75 ? power * 0.75 : power;
}
