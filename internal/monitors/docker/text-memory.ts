import { type Slab, SlabPool } from '../../../pkg/slab/slab-pool.ts';
import { MIN_SLAB_BYTES, SlabShelf } from '../../../pkg/slab/slab-shelf.ts';
import type { Records } from '../encodings/records.ts';

const FIRST_BYTES = 4096;
/** What may be kept for what comes next where little came last. */
const IDLE_BYTES = 64 * 1024;
/** Memory from here on is borrowed: to get fresh memory for much text costs more than to put the text there. */
const BORROWED_FROM_BYTES = 128 * 1024;
const SLAB_BYTES = 1024 * 1024;
const RETAINED_BYTES = 4 * SLAB_BYTES;

/** Memory is one for all containers: what is kept does not grow with their number. */
const slabs = new SlabPool({ slabBytes: SLAB_BYTES, retainBytes: RETAINED_BYTES });
const copies = new SlabShelf({ minBytes: MIN_SLAB_BYTES, retainBytes: RETAINED_BYTES });

/** Lines that were taken out of a text. */
export interface TakenLines extends Records {
  /** Where the memory went along with them: to be called when nobody uses it any more. */
  readonly onFree?: () => void;
}

/** The memory of a text that grows at its end and is taken away from its beginning. */
export class TextMemory {
  bytes: Buffer = Buffer.alloc(0);
  #slab: Slab | undefined;

  /** Makes room for `needed` bytes; the first `used` stay. */
  reserve(needed: number, used: number): void {
    if (needed > this.bytes.length) this.#move(Math.max(FIRST_BYTES, needed, this.bytes.length * 2), 0, used);
  }

  /** Keeps the bytes from `from` to `to` only, at the beginning. */
  keep(from: number, to: number): void {
    const isIdle = this.bytes.length > Math.max(IDLE_BYTES, to * 4) && to - from <= IDLE_BYTES;
    if (isIdle) this.#move(IDLE_BYTES, from, to);
    else this.bytes.copyWithin(0, from, to);
  }

  /**
   * Hands the memory over where that is worth it: where `bytes` of it are to be taken away, and little stays, from
   * `from` to `to`, which then stands at the beginning of other memory.
   */
  lend(bytes: number, from: number, to: number): Omit<TakenLines, 'spans'> | undefined {
    const slab = this.#slab;
    if (slab === undefined || bytes < SLAB_BYTES / 2) return undefined;
    this.#slab = undefined;
    this.#move(SLAB_BYTES, from, to);
    return { bytes: slab.bytes, onFree: () => slab.release() };
  }

  /** What stands from `from` to `to`, in memory of its own. */
  copy(from: number, to: number): Omit<TakenLines, 'spans'> {
    const copy = copies.acquire(to - from);
    this.bytes.copy(copy.bytes, 0, from, to);
    return { bytes: copy.bytes, onFree: () => copy.release() };
  }

  #move(size: number, from: number, to: number): void {
    const slab = size >= BORROWED_FROM_BYTES && size <= SLAB_BYTES ? slabs.acquire() : undefined;
    const bytes = slab?.bytes ?? Buffer.allocUnsafeSlow(size);
    this.bytes.copy(bytes, 0, from, to);
    this.#slab?.release();
    this.#slab = slab;
    this.bytes = bytes;
  }
}
