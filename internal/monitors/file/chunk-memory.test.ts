import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { SlabPool } from '../../../pkg/slab/slab-pool.ts';
import { SlabShelf } from '../../../pkg/slab/slab-shelf.ts';
import { spansOf, textsOf } from '../../../test/helpers/spans.ts';
import { chunkMemory } from './chunk-memory.ts';

const SLAB_BYTES = 1000;

/** A slab with these lines at `at`. */
function readOf(lines: readonly string[], at: number) {
  const slab = new SlabPool({ slabBytes: SLAB_BYTES, retainBytes: SLAB_BYTES }).acquire();
  const text = spansOf(lines);
  text.bytes.copy(slab.bytes, at);
  return { slab, run: { bytes: slab.bytes, spans: text.spans.map(index => index + at) } };
}

function shelfOf(minBytes: number): SlabShelf {
  return new SlabShelf({ minBytes, retainBytes: 1 << 20 });
}

describe('chunkMemory', () => {
  it('keeps records that fill half of a slab where they are', () => {
    const { slab, run } = readOf(['x'.repeat(SLAB_BYTES / 2)], 7);
    assert.deepEqual(chunkMemory(slab, run, shelfOf(1)), { ...run, slab });
  });

  it('copies fewer: bytes, spans and times have one piece of memory, which nothing else is in', () => {
    const line = fc.string({ minLength: 1, maxLength: 20 }).map(text => text.replaceAll('\n', ' '));
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 1, maxLength: 10 }),
        fc.integer({ min: 0, max: 100 }),
        fc.boolean(),
        fc.constantFrom(1, 1 << 20),
        (lines, at, hasTimes, minBytes) => {
          const { slab, run } = readOf(lines, at);
          const times = Uint32Array.from(run.spans, (_, n) => n * 1000);
          const memory = chunkMemory(slab, hasTimes ? { ...run, times } : run, shelfOf(minBytes));
          slab.bytes.fill('!');
          run.spans.fill(0);
          assert.deepEqual(textsOf(memory.bytes, memory.spans), lines);
          assert.deepEqual(memory.times, hasTimes ? times : undefined);
          assert.equal(memory.slab?.bytes.buffer, memory.spans.buffer);
          const words = memory.spans.byteLength + (memory.times?.byteLength ?? 0);
          assert.equal(memory.bytes.length + words, memory.slab?.bytes.length);
          assert.equal(memory.spans.byteOffset, memory.bytes.byteOffset + memory.bytes.length);
        },
      ),
    );
  });
});
