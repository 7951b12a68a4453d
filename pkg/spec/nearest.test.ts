import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { editDistance, nearest } from './nearest.ts';

const KNOWN = ['batch_size', 'batch_bytes', 'batch_timeout', 'url', 'workers'];

const names: [string, string | undefined][] = [
  ['batch_sise', 'batch_size'],
  ['bacth_size', 'batch_size'],
  ['batchsize', 'batch_size'],
  ['ulr', 'url'],
  ['worker', 'workers'],
  ['kafka', undefined],
  ['', undefined],
  ['x'.repeat(10_000), undefined],
];
for (const [name, known] of names)
  it(`takes ${name.slice(0, 20)} for ${known}`, () => assert.equal(nearest(name, KNOWN), known));

it('counts insertions, removals, changes and swaps as one edit each', () => {
  assert.equal(editDistance('queue', 'queues'), 1);
  assert.equal(editDistance('queue', 'quue'), 1);
  assert.equal(editDistance('queue', 'quoue'), 1);
  assert.equal(editDistance('queue', 'uqeue'), 1);
  assert.equal(editDistance('', 'abc'), 3);
});

it('is a distance: 0 for equal texts only, the same both ways, at most the longer length', () => {
  const short = fc.string({ maxLength: 12 });
  fc.assert(
    fc.property(short, short, (a, b) => {
      const edits = editDistance(a, b);
      assert.equal(edits === 0, a === b);
      assert.equal(edits, editDistance(b, a));
      assert.ok(edits <= Math.max(a.length, b.length));
    }),
  );
});
