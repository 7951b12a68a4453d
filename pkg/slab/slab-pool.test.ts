import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Slab, SlabPool } from './slab-pool.ts';

const KIB = 1024;
const isLendingError = { name: 'LcError', code: 'LC_LENDING' };

describe('SlabPool', () => {
  it('example: memory is lent, used, given back and lent again', () => {
    const pool = new SlabPool({ slabBytes: 4 * KIB, retainBytes: 64 * KIB });
    const slab = pool.acquire();
    slab.bytes.write('lines');
    slab.release();
    const again = pool.acquire();
    assert.equal(again.bytes, slab.bytes);
    assert.deepEqual(pool.stats(), { lent: 1, lentBytes: 4 * KIB, free: 0, freeBytes: 0, made: 1 });
  });

  it('keeps free slabs up to retainBytes and forgets the rest', () => {
    const pool = new SlabPool({ slabBytes: KIB, retainBytes: 2 * KIB + 1 });
    const slabs = [pool.acquire(), pool.acquire(), pool.acquire()];
    for (const slab of slabs) slab.release();
    assert.deepEqual(pool.stats(), { lent: 0, lentBytes: 0, free: 2, freeBytes: 2 * KIB, made: 3 });
  });

  it('throws when a slab is released twice, checked or not', () => {
    for (const check of [true, false]) {
      const slab = new SlabPool({ slabBytes: KIB, retainBytes: KIB, check }).acquire();
      slab.release();
      assert.throws(() => slab.release(), isLendingError);
    }
  });

  it('shows poison to whoever reads after the release', () => {
    const pool = new SlabPool({ slabBytes: KIB, retainBytes: 0, check: true });
    const slab = pool.acquire();
    slab.bytes.fill(0);
    slab.release();
    assert.ok(slab.bytes.every(byte => byte === 0xdb));
  });

  it('checks by default where LOG_CAPTURER_CHECK_LENDING is 1', t => {
    const before = process.env.LOG_CAPTURER_CHECK_LENDING;
    t.after(() => {
      process.env.LOG_CAPTURER_CHECK_LENDING = before ?? '';
    });
    for (const value of ['1', '0']) {
      process.env.LOG_CAPTURER_CHECK_LENDING = value;
      const slab = new SlabPool({ slabBytes: 1, retainBytes: 1 }).acquire();
      slab.bytes[0] = 7;
      slab.release();
      assert.equal(slab.bytes[0], value === '1' ? 0xdb : 7);
    }
  });

  it('finds a write after the release, wherever it hit', () => {
    const byte = fc.integer({ min: 0, max: 255 }).filter(value => value !== 0xdb);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(), byte, (slabBytes, at, value) => {
        const pool = new SlabPool({ slabBytes, retainBytes: slabBytes, check: true });
        const slab = pool.acquire();
        slab.release();
        slab.bytes[at % slabBytes] = value;
        assert.throws(() => pool.acquire(), isLendingError);
      }),
    );
  });

  it('never lends one memory twice and counts right over any history', () => {
    const history = fc.array(fc.oneof(fc.constant('acquire' as const), fc.nat()), {
      maxLength: 150,
      size: 'max',
    });
    fc.assert(
      fc.property(history, fc.integer({ min: 0, max: 6 }), (steps, retained) => {
        const pool = new SlabPool({ slabBytes: 64, retainBytes: retained * 64, check: true });
        const lent: Slab[] = [];
        let free = 0;
        let made = 0;
        for (const step of steps) {
          if (step === 'acquire') {
            if (free > 0) free--;
            else made++;
            const slab = pool.acquire();
            assert.ok(lent.every(other => other.bytes !== slab.bytes));
            assert.equal(slab.bytes.length, 64);
            lent.push(slab);
          } else if (lent.length > 0) {
            lent.splice(step % lent.length, 1)[0]!.release();
            if (free < retained) free++;
          }
          const stats = pool.stats();
          assert.deepEqual([stats.lent, stats.free, stats.made], [lent.length, free, made]);
        }
      }),
    );
  });
});
