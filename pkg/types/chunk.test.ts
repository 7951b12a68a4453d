import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Chunk, type ChunkInit, spanBytes } from './chunk.ts';
import { LabelsCOW } from './labels-cow.ts';
import { Stream } from './stream.ts';

const receipt = { expect: () => undefined, settle: () => undefined };
const isInvariantError = { name: 'LcError', code: 'LC_INVARIANT' };

function newChunk(init: Partial<ChunkInit> = {}): Chunk {
  return new Chunk({
    origin: { monitor: 'file', source: 'test' },
    stream: new Stream(LabelsCOW.from({ job: 'test' })),
    bytes: Buffer.from('one\ntwo\n'),
    spans: Uint32Array.of(0, 3, 4, 7),
    base: { sec: 1, nanos: 0 },
    readAtMs: 1000,
    receipt,
    ...init,
  });
}

describe('Chunk', () => {
  it('example: two lines, lent to one more user, freed by the last', () => {
    let freed = 0;
    const chunk = newChunk({ onFree: () => freed++ });
    assert.equal(chunk.records, 2);
    assert.equal(chunk.lineBytes, 6);
    chunk.retain();
    chunk.release();
    assert.equal(freed, 0);
    chunk.release();
    assert.equal(freed, 1);
  });

  it('is freed exactly once, when the count reaches 0, over any history', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 40, size: 'max' }), steps => {
        let freed = 0;
        const chunk = newChunk({ onFree: () => freed++ });
        let references = 1;
        for (const isRetain of steps) {
          const act = (): void => (isRetain ? chunk.retain() : chunk.release());
          if (references === 0) assert.throws(act, isInvariantError);
          else {
            act();
            references += isRetain ? 1 : -1;
          }
          assert.equal(freed, references === 0 ? 1 : 0);
        }
      }),
    );
  });

  it('counts the memory it keeps alive: bytes, spans and times', () => {
    assert.equal(newChunk().heldBytes, 8 + 16);
    assert.equal(newChunk({ times: new Uint32Array(4) }).heldBytes, 8 + 16 + 16);
  });

  it('may be empty', () => {
    const chunk = newChunk({ bytes: Buffer.alloc(0), spans: new Uint32Array() });
    assert.deepEqual([chunk.records, chunk.lineBytes, chunk.heldBytes], [0, 0, 0]);
  });
});

it('spanBytes adds up any run of records', () => {
  const lengths = fc.array(fc.nat({ max: 1000 }), { maxLength: 30 });
  fc.assert(
    fc.property(lengths, fc.nat(), fc.nat(), (lines, a, b) => {
      const [from, to] = [a % (lines.length + 1), b % (lines.length + 1)].sort((x, y) => x - y) as [
        number,
        number,
      ];
      let at = 0;
      const spans = Uint32Array.from(
        lines.flatMap(length => {
          const start = at;
          at += length + 1;
          return [start, start + length];
        }),
      );
      const expected = lines.slice(from, to).reduce((sum, length) => sum + length, 0);
      assert.equal(spanBytes(spans, from, to), expected);
    }),
  );
});
