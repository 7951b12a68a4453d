import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { limitLabels } from './label-limits.ts';

const OFF = { names: 0, nameBytes: 0, valueBytes: 0 };

test('labels within the limits stay as they are', () => {
  const labels = [['a', 'b']] as const;
  assert.deepEqual(limitLabels(labels, { names: 1, nameBytes: 1, valueBytes: 1 }), {
    ...{ labels, surplus: [], excesses: [] },
  });
});

test('0 is no limit', () => {
  const labels = Array.from({ length: 50 }, (_, n) => [`l${n}`, 'x'.repeat(5000)] as const);
  assert.deepEqual(limitLabels(labels, OFF).labels, labels);
});

test('values are cut at the end of a character, and it is said', () => {
  const { labels, excesses } = limitLabels([['a', 'xü€']], { ...OFF, valueBytes: 5 });
  assert.deepEqual(labels, [['a', 'xü']]);
  assert.deepEqual(excesses, [
    { what: 'label_value_cut', words: 'the value of label a has 6 bytes: max_label_value_bytes is 5' },
  ]);
});

test('of two names that are cut to one the first stays', () => {
  const { labels } = limitLabels(
    [
      ['ab1', 'x'],
      ['ab2', 'y'],
    ],
    { ...OFF, nameBytes: 2 },
  );
  assert.deepEqual(labels, [['ab', 'x']]);
});

test('labels above the number are left over; service_name does not count', () => {
  const { labels, surplus } = limitLabels(
    [
      ['a', '1'],
      ['service_name', 's'],
      ['x', '2'],
      ['y', '3'],
    ],
    { ...OFF, names: 2 },
  );
  assert.deepEqual(labels, [
    ['a', '1'],
    ['service_name', 's'],
    ['x', '2'],
  ]);
  assert.deepEqual(surplus, [['y', '3']]);
});

test('whatever the labels, they are within the limits after', () => {
  const label = fc.tuple(
    fc.stringMatching(/^[a-z]{1,9}$/),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }),
  );
  fc.assert(
    fc.property(fc.array(label, { maxLength: 9 }), list => {
      const { labels } = limitLabels([...new Map(list)], { names: 4, nameBytes: 3, valueBytes: 10 });
      assert.ok(labels.length <= 4);
      for (const [name, value] of labels)
        assert.ok(Buffer.byteLength(name) <= 3 && Buffer.byteLength(value) <= 10 && value.isWellFormed());
    }),
  );
});
