import type { Slab } from '../../pkg/slab/slab-pool.ts';
import { MIN_SLAB_BYTES, SlabShelf } from '../../pkg/slab/slab-shelf.ts';
import type { Part } from '../../pkg/types/batch.ts';
import { plusNanos } from '../../pkg/types/stream.ts';

/** Memory for copies that is kept for the next ones: what a few sends in flight need. */
const RETAINED_BYTES = 2 * 1024 * 1024;

/** Where the copies of one lane live: what a sink does to them harms no other. */
export function shelfOfCopies(): SlabShelf {
  return new SlabShelf({ minBytes: MIN_SLAB_BYTES, retainBytes: RETAINED_BYTES });
}

/** What the memory of a part belongs to: a chunk, or a batch's own copy. It counts its users. */
export interface Lender {
  retain(): void;
  release(): void;
}

/** Room for a copy of some parts, which their lane shares with nobody. Each part that is made of it is a user. */
export class OwnedCopy implements Lender {
  readonly #slab: Slab;
  #filled = 0;
  #users = 0;
  #isSpoilt = false;

  constructor(parts: readonly Part[], copies: SlabShelf) {
    const bytes = parts.reduce((sum, part) => sum + endOf(part) - startOf(part), 0);
    this.#slab = copies.acquire(bytes);
  }

  /** A copy of a part that shares neither bytes nor labels with anybody. */
  add<P extends Part & { readonly lender: Lender }>(part: P): P {
    const start = startOf(part);
    const at = this.#filled;
    this.#filled += part.bytes.copy(this.#slab.bytes, at, start, endOf(part));
    const spans = part.spans.slice(part.from * 2, part.to * 2);
    for (let i = 0; i < spans.length; i++) spans[i] = spans[i]! - start + at;
    this.retain();
    return {
      ...part,
      labels: part.labels.clone(),
      bytes: this.#slab.bytes,
      spans,
      from: 0,
      to: part.to - part.from,
      base: plusNanos(part.base, part.from),
      times: part.times?.slice(part.from * 2, part.to * 2),
      lender: this,
    };
  }

  /** A sink that was given it did not say that it is done with it: nobody else gets this memory, not even later. */
  spoil(): void {
    this.#isSpoilt = true;
  }

  retain(): void {
    this.#users++;
  }

  release(): void {
    if (--this.#users === 0 && !this.#isSpoilt) this.#slab.release();
  }
}

function startOf(part: Part): number {
  return part.spans[part.from * 2]!;
}

function endOf(part: Part): number {
  return part.spans[part.to * 2 - 1]!;
}
