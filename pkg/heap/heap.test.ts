import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Heap } from './heap.ts';

const ascending = (a: number, b: number): boolean => a < b;

describe('Heap', () => {
  it('example: what is due first comes out first', () => {
    const byDue = new Heap<{ name: string; dueMs: number }>((a, b) => a.dueMs < b.dueMs);
    byDue.push({ name: 'late', dueMs: 300 });
    byDue.push({ name: 'soon', dueMs: 100 });
    assert.equal(byDue.peek()?.name, 'soon');
    assert.equal(byDue.pop()?.name, 'soon');
    assert.equal(byDue.pop()?.name, 'late');
    assert.equal(byDue.pop(), undefined);
  });

  it('drains in the order of sort', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), numbers => {
        const heap = new Heap(ascending);
        for (const number of numbers) heap.push(number);
        assert.deepEqual(
          heap.drain(),
          numbers.toSorted((a, b) => a - b),
        );
        assert.equal(heap.size, 0);
      }),
    );
  });

  it('agrees with a sorted array over any history of push, pop and clear', () => {
    const action = fc.oneof(
      { weight: 6, arbitrary: fc.record({ push: fc.integer({ min: 0, max: 20 }) }) },
      { weight: 4, arbitrary: fc.constant('pop' as const) },
      { weight: 1, arbitrary: fc.constant('clear' as const) },
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 200, size: 'max' }), actions => {
        const heap = new Heap(ascending);
        let model: number[] = [];
        for (const step of actions) {
          if (step === 'pop') assert.equal(heap.pop(), model.shift());
          else if (step === 'clear') {
            heap.clear();
            model = [];
          } else {
            heap.push(step.push);
            model = [...model, step.push].sort((a, b) => a - b);
          }
          assert.equal(heap.size, model.length);
          assert.equal(heap.peek(), model[0]);
        }
      }),
    );
  });
});
