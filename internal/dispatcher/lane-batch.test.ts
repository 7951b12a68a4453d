import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { SlabShelf } from '../../pkg/slab/slab-shelf.ts';
import { linesOf, numbered, testChunk } from '../../test/helpers/chunks.ts';
import { Delivery } from './delivery.ts';
import { LaneBatch, type LanePart } from './lane-batch.ts';

/** A lent batch over chunks of these sizes, each used from its second record on. */
function lentBatch(sizes: readonly number[]) {
  const chunks = sizes.map((size, k) => testChunk(numbered(`chunk${k}`, size + 1)));
  const parts = chunks.map(({ chunk }): LanePart => {
    const { origin, position, stream, bytes, spans, base, times, records } = chunk;
    const place = { from: 1, to: records, delivery: new Delivery(chunk), lender: chunk };
    return { origin, position, stream, labels: stream.labels, bytes, spans, base, times, ...place };
  });
  const lines = parts.flatMap(linesOf);
  return { chunks, batch: new LaneBatch(0, parts), lines };
}

const sizes = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 5 });
const recordTimes = (batch: LaneBatch): number[] =>
  batch.parts.flatMap(part =>
    Array.from({ length: part.to - part.from }, (_, i) => part.base.nanos + part.from + i),
  );

describe('LaneBatch', () => {
  it('select gives exactly the named records, with their times', () => {
    fc.assert(
      fc.property(sizes, fc.array(fc.nat(40)), (counts, picks) => {
        const { batch, lines } = lentBatch(counts);
        const wanted = [...new Set(picks.filter(pick => pick < lines.length))].sort((a, b) => a - b);
        const piece = batch.select(Uint32Array.from(wanted));
        assert.deepEqual(
          piece.parts.flatMap(linesOf),
          wanted.map(pick => lines[pick]),
        );
        assert.equal(piece.records, wanted.length);
        const times = recordTimes(batch);
        assert.deepEqual(
          recordTimes(piece),
          wanted.map(pick => times[pick]),
        );
      }),
    );
  });

  it('two slices make the whole, and every chunk is given back once', () => {
    fc.assert(
      fc.property(sizes, fc.nat(40), (counts, cut) => {
        const { batch, lines, chunks } = lentBatch(counts);
        const middle = cut % (lines.length + 1);
        const halves = [batch.slice(0, middle), batch.slice(middle, lines.length)];
        assert.deepEqual(
          halves.flatMap(half => half.parts.flatMap(linesOf)),
          lines,
        );
        batch.release();
        const first = halves[0]!.records > 0 ? halves[0] : halves[1];
        assert.ok(first!.parts.every(part => part.bytes.length > 0));
        for (const half of halves) half.release();
        assert.ok(chunks.every(chunk => chunk.isFree()));
      }),
    );
  });

  it('own copies bytes, spans, labels and times, and gives the chunks back', () => {
    fc.assert(
      fc.property(sizes, counts => {
        const { batch, lines, chunks } = lentBatch(counts);
        const times = recordTimes(batch);
        batch.own(new SlabShelf({ minBytes: 64, retainBytes: 1024 }));
        assert.ok(
          chunks.every(chunk => chunk.isFree()),
          'freed chunks are poisoned',
        );
        assert.deepEqual(batch.parts.flatMap(linesOf), lines);
        assert.deepEqual(recordTimes(batch), times);
        assert.equal(batch.isOwned, true);
      }),
    );
  });
});
