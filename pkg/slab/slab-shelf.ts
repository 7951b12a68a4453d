import { type Slab, SlabPool, slabOf } from './slab-pool.ts';

/** What is smaller is hardly worth lending: there may be thousands of them, and each would take so much. */
export const MIN_SLAB_BYTES = 16 * 1024;

export interface SlabShelfOptions {
  /** What is smaller gets memory of just its size, and leaves it to the collector. */
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
    if (bytes < minBytes) return slabOf(bytes);
    const slabBytes = roundUp(bytes);
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
