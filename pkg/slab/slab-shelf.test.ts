import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { SlabShelf } from './slab-shelf.ts';

describe('SlabShelf', () => {
  it('lends what is asked for: at most half as much again, and just so much where it is little', () => {
    const shelf = new SlabShelf({ minBytes: 4096, retainBytes: 0 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 << 20 }), bytes => {
        const { length } = shelf.acquire(bytes).bytes;
        assert.ok(
          length >= bytes && length <= (bytes < 4096 ? bytes : bytes * 1.5),
          `${length} for ${bytes}`,
        );
      }),
    );
  });

  it('lends what came back to whoever asks for about as much', () => {
    const shelf = new SlabShelf({ minBytes: 4096, retainBytes: 1 << 20 });
    const slab = shelf.acquire(200_000);
    const { bytes } = slab;
    slab.release();
    assert.notEqual(shelf.acquire(100_000).bytes, bytes);
    assert.equal(shelf.acquire(250_000).bytes, bytes);
  });

  it('keeps no more than it may, and of what was asked for last', () => {
    const shelf = new SlabShelf({ minBytes: 4096, retainBytes: 24 * 1024 });
    const lend = (bytes: number, count: number): Buffer[] => {
      const slabs = Array.from({ length: count }, () => shelf.acquire(bytes));
      for (const slab of slabs) slab.release();
      return slabs.map(slab => slab.bytes);
    };
    const old = lend(8192, 2);
    const fresh = lend(4096, 3);
    const kept = (bytes: number, known: readonly Buffer[]): number =>
      known.filter(() => known.includes(shelf.acquire(bytes).bytes)).length;
    assert.equal(kept(8192, old), 1);
    assert.equal(kept(4096, fresh), 3);
  });
});
