import { invariant, LcError } from '../errors/errors.ts';

/** A piece of memory on loan. Its content is whatever the last borrower left there. */
export interface Slab {
  readonly bytes: Buffer;
  /** Gives it back; once. Nobody may read or write `bytes` afterwards. */
  release(): void;
}

export interface SlabPoolOptions {
  /** Size of each slab. */
  readonly slabBytes: number;
  /** Free slabs are kept up to this many bytes; the rest goes to the garbage collector. */
  readonly retainBytes: number;
  /** Called when a slab has come back and was kept. */
  readonly onReturn?: () => void;
  /** Finds writes after release. Default: whether `LOG_CAPTURER_CHECK_LENDING` is `1`. */
  readonly check?: boolean;
}

export interface SlabPoolStats {
  /** Slabs on loan. */
  readonly lent: number;
  readonly lentBytes: number;
  /** Slabs kept for the next borrower. */
  readonly free: number;
  readonly freeBytes: number;
  /** Slabs ever made: grows only while more are needed at once than are kept. */
  readonly made: number;
}

const POISON = 0xdb;

/**
 * Lends buffers of one size and takes them back, so that reading a gigabyte makes no garbage. The number on
 * loan is not bounded here: whoever borrows has a bound of its own (the queue's bytes).
 *
 * With `check`, a slab is filled with poison when it comes back and must still be poison when it is lent
 * again: a write through a view that was kept throws `LC_LENDING` at that moment, and a read through one
 * sees 0xDB instead of somebody else's lines.
 *
 *     const pool = new SlabPool({ slabBytes: 256 * 1024, retainBytes: 4 * 1024 * 1024 });
 *     const slab = pool.acquire();
 *     // … read into slab.bytes, use it …
 *     slab.release();
 */
export class SlabPool {
  readonly #slabBytes: number;
  readonly #retainBytes: number;
  readonly #isChecked: boolean;
  readonly #onReturn: (() => void) | undefined;
  readonly #free: Buffer[] = [];
  #lent = 0;
  #made = 0;

  constructor(options: SlabPoolOptions) {
    invariant(Number.isInteger(options.slabBytes) && options.slabBytes > 0, 'slabBytes must be positive');
    this.#slabBytes = options.slabBytes;
    this.#retainBytes = options.retainBytes;
    this.#isChecked = options.check ?? process.env.LOG_CAPTURER_CHECK_LENDING === '1';
    this.#onReturn = options.onReturn;
  }

  acquire(): Slab {
    const kept = this.#free.pop();
    if (kept !== undefined && this.#isChecked) assertPoisoned(kept);
    if (kept === undefined) this.#made++;
    this.#lent++;
    return new LentSlab(kept ?? Buffer.allocUnsafeSlow(this.#slabBytes), this.#takeBack);
  }

  /** What is kept for the next borrower. */
  get freeBytes(): number {
    return this.#free.length * this.#slabBytes;
  }

  /** Leaves a slab that is kept to the garbage collector. Returns its bytes; 0 where there is none. */
  forget(): number {
    return this.#free.shift() === undefined ? 0 : this.#slabBytes;
  }

  stats(): SlabPoolStats {
    return {
      lent: this.#lent,
      lentBytes: this.#lent * this.#slabBytes,
      free: this.#free.length,
      freeBytes: this.freeBytes,
      made: this.#made,
    };
  }

  readonly #takeBack = (bytes: Buffer): void => {
    this.#lent--;
    if (this.#isChecked) bytes.fill(POISON);
    if (this.freeBytes + this.#slabBytes > this.#retainBytes) return;
    this.#free.push(bytes);
    this.#onReturn?.();
  };
}

/** Memory of just this size that no pool takes back. Not from Node's pool, where little would keep its neighbours alive. */
export function slabOf(bytes: number): Slab {
  return new LentSlab(Buffer.allocUnsafeSlow(bytes), () => undefined);
}

class LentSlab implements Slab {
  readonly bytes: Buffer;
  #takeBack: ((bytes: Buffer) => void) | undefined;

  constructor(bytes: Buffer, takeBack: (bytes: Buffer) => void) {
    this.bytes = bytes;
    this.#takeBack = takeBack;
  }

  release(): void {
    const takeBack = this.#takeBack;
    if (takeBack === undefined) throw lendingError('a slab was released twice');
    this.#takeBack = undefined;
    takeBack(this.bytes);
  }
}

/** Compares the buffer with itself one byte on: all bytes equal the first, at the speed of memcmp. */
function assertPoisoned(bytes: Buffer): void {
  const isPoison = bytes[0] === POISON && bytes.compare(bytes, 1, bytes.length, 0, bytes.length - 1) === 0;
  if (!isPoison) throw lendingError('a slab was written to after it was released');
}

function lendingError(message: string): LcError {
  return new LcError('LC_LENDING', { message, advice: 'A view of lent memory was kept: copy it instead.' });
}
