import { type Slab, SlabPool, slabOf } from './slab-pool.ts';

/** What is smaller is hardly worth lending: there may be thousands of them, and each would take so much. */
export const MIN_SLAB_BYTES = 16 * 1024;

export interface SlabShelfOptions {
  /** What is smaller gets memory of just its size, and leaves it to the collector. */
  readonly minBytes: number;
  /** Free slabs are kept up to this many bytes; the rest goes to the garbage collector. */
  readonly retainBytes: number;
}

/**
 * Lends buffers of the size that is asked for: one pool for each of 64, 96, 128, 192, 256, … KiB, so that at most a
 * third of a slab is left over. For memory that comes and goes by the megabyte every second: to the collector it is
 * some 100 bytes of heap, so it is in no hurry.
 */
export class SlabShelf {
  readonly #options: SlabShelfOptions;
  /** By size; the one that was asked last stands last. */
  readonly #pools = new Map<number, SlabPool>();

  constructor(options: SlabShelfOptions) {
    this.#options = options;
  }

  /** A slab of at least `bytes`. */
  acquire(bytes: number): Slab {
    const { minBytes, retainBytes } = this.#options;
    if (bytes < minBytes) return slabOf(bytes);
    const slabBytes = roundUp(bytes);
    const pool = this.#pools.get(slabBytes) ?? new SlabPool({ slabBytes, retainBytes, onReturn: this.#trim });
    this.#pools.delete(slabBytes);
    this.#pools.set(slabBytes, pool);
    return pool.acquire();
  }

  /** Forgets free slabs of the sizes that have not been asked for the longest. */
  readonly #trim = (): void => {
    let bytes = 0;
    for (const pool of this.#pools.values()) bytes += pool.freeBytes;
    for (const pool of this.#pools.values())
      while (bytes > this.#options.retainBytes && pool.freeBytes > 0) bytes -= pool.forget();
  };
}

/** To the next power of two, or to three quarters of it. */
function roundUp(bytes: number): number {
  const power = 2 ** Math.ceil(Math.log2(bytes));
  return bytes <= power * 0.75 ? power * 0.75 : power;
}
