import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LabelsCOW } from './labels-cow.ts';

const byName = (a: readonly [string, string], b: readonly [string, string]): number => (a[0] < b[0] ? -1 : 1);
const name = fc.constantFrom('a', 'b', 'job', 'host', 'é', '__proto__', '10', '9');
const value = fc.constantFrom('', 'x', 'y', '1:a');
const actor = fc.nat();
const action = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), actor, name, value }),
  fc.record({ kind: fc.constant('delete' as const), actor, name }),
  fc.record({ kind: fc.constantFrom('clone' as const, 'shallowCopy' as const), actor }),
  fc.record({ kind: fc.constantFrom('markReadOnly' as const, 'toMap' as const), actor }),
);

type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;

/** Labels, and the plain map that they must look like. */
interface Sharer {
  labels: LabelsCOW;
  model: Map<string, string>;
}

function apply(step: Action, sharers: Sharer[]): void {
  const { labels, model } = sharers[step.actor % sharers.length]!;
  if (step.kind === 'set') {
    labels.set(step.name, step.value);
    model.set(step.name, step.value);
  } else if (step.kind === 'delete') {
    assert.equal(labels.delete(step.name), model.delete(step.name));
  } else if (step.kind === 'clone' || step.kind === 'shallowCopy') {
    sharers.push({ labels: labels[step.kind](), model: new Map(model) });
  } else if (step.kind === 'markReadOnly') {
    assert.equal(labels.markReadOnly().isReadOnly(), true);
  } else labels.toMap().set('written', 'by the receiver');
}

function assertSame({ labels, model }: Sharer): void {
  const expected = [...model].sort(byName);
  const ranged: [string, string][] = [];
  labels.range((label, text) => ranged.push([label, text]));
  assert.deepEqual(ranged, expected);
  assert.deepEqual([...labels.toMap()], expected);
  assert.equal(labels.size, model.size);
  for (const [label, text] of expected) assert.equal(labels.get(label), text);
}

describe('LabelsCOW', () => {
  it('example: a copy is free until somebody writes', () => {
    const labels = LabelsCOW.from({ job: 'web', host: 'a' });
    const copy = labels.shallowCopy();
    assert.equal(copy.isReadOnly(), true);
    copy.set('host', 'b');
    assert.equal(labels.get('host'), 'a');
    assert.equal(copy.get('host'), 'b');
    assert.deepEqual(JSON.parse(JSON.stringify(labels)), { host: 'a', job: 'web' });
  });

  it('behaves as a map of its own for each of several sharers', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60, size: 'max' }), actions => {
        const sharers: Sharer[] = [{ labels: LabelsCOW.from({ job: 'x' }), model: new Map([['job', 'x']]) }];
        for (const step of actions) {
          apply(step, sharers);
          sharers.forEach(assertSame);
        }
      }),
    );
  });

  it('copies at the first write to shared labels only, and never for a write that changes nothing', () => {
    const labels = LabelsCOW.from({ a: '1' });
    labels.shallowCopy();
    labels.set('a', '1');
    assert.equal(labels.delete('missing'), false);
    assert.equal(labels.isReadOnly(), true);
    labels.set('a', '2');
    assert.equal(labels.isReadOnly(), false);
  });

  it('shares nothing with a clone, nor with what it was made from', () => {
    const input = new Map([['a', '1']]);
    const labels = LabelsCOW.from(input);
    input.set('a', '2');
    labels.markReadOnly();
    assert.equal(labels.clone().isReadOnly(), false);
    assert.equal(labels.clone().set('a', '3').get('a'), '3');
    assert.equal(labels.get('a'), '1');
  });

  it('stops range where the visitor returns false', () => {
    const seen: string[] = [];
    LabelsCOW.from({ c: '', b: '', a: '' }).range(each => {
      seen.push(each);
      return each !== 'b';
    });
    assert.deepEqual(seen, ['a', 'b']);
  });

  it('has the same key exactly when it has the same labels', () => {
    const entries = fc.array(fc.tuple(fc.string(), fc.string()), { maxLength: 4 });
    fc.assert(
      fc.property(entries, entries, (one, two) => {
        const [a, b] = [LabelsCOW.from(one), LabelsCOW.from(two)];
        const isSame =
          JSON.stringify([...new Map(one)].sort(byName)) === JSON.stringify([...new Map(two)].sort(byName));
        assert.equal(a.key() === b.key(), isSame);
        assert.equal(a.equals(b), isSame);
        assert.ok(
          a.equals(LabelsCOW.from(one.toReversed())) || new Set(one.map(([n]) => n)).size < one.length,
        );
      }),
    );
  });

  it('does not mistake text inside a name for a boundary', () => {
    const tricky = LabelsCOW.from({ a: '11:b1:c' });
    assert.notEqual(tricky.key(), LabelsCOW.from({ a: '1', b: 'c' }).key());
    assert.equal(tricky.equals(LabelsCOW.from({ a: '1', b: 'c' })), false);
  });
});
