import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatLabels, type LabelPair, lokiLabels, parseLabels } from './labels.ts';

const name = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,20}$/);
const labels = fc
  .dictionary(name, fc.string({ unit: 'grapheme', minLength: 1 }), { noNullPrototype: true })
  .map(object => Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));

function parsed(text: string): readonly LabelPair[] | string {
  const result = parseLabels(text);
  return result.ok ? result.labels : result.error;
}

test('labels are read back from the text that was made of them', () => {
  fc.assert(fc.property(labels, pairs => assert.deepEqual(parsed(formatLabels(pairs)), pairs)));
});

test('parsing ends on any text, with labels or with a position within it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), text => {
      const result = parseLabels(text);
      if (!result.ok) assert.match(result.error, /^1:\d+: parse error: unexpected /s);
    }),
  );
});

test('labels are sorted by name, and those without a value are left out', () => {
  assert.deepEqual(parsed('{ b = "2", a="1",c="" , }'), [
    ['a', '1'],
    ['b', '2'],
  ]);
});

test('a text that is not a set of labels is refused at the character that is wrong', () => {
  assert.equal(parsed('{a-b="x"}'), "1:3: parse error: unexpected character inside braces: '-'");
  assert.equal(parsed('{a="b"'), '1:7: parse error: unexpected end of input inside braces');
  assert.equal(parsed('{a="b" c="d"}'), "1:8: parse error: unexpected character inside braces: 'c'");
  assert.equal(parsed('{a="b"}x'), "1:8: parse error: unexpected character inside braces: 'x'");
});

test('values are quoted as Go quotes them', () => {
  const value = 'tab\t quote" back\\slash bell\u0007 nul\u0000 next\u0085 é space\u00a0 hidden\u{e0001} 😀';
  assert.equal(
    formatLabels([['a', value]]),
    '{a="tab\\t quote\\" back\\\\slash bell\\a nul\\x00 next\\u0085 é space\\u00a0 hidden\\U000e0001 😀"}',
  );
  assert.deepEqual(parsed('{a="\\x41\\u0042\\103", b=`raw\\n`}'), [
    ['a', 'ABC'],
    ['b', 'raw\\n'],
  ]);
});

test('the name of the service comes from the first label that Loki knows for it', () => {
  const service = (...pairs: LabelPair[]): string | undefined =>
    lokiLabels(pairs).labels.find(([label]) => label === 'service_name')?.[1];
  assert.equal(service(), 'unknown_service');
  assert.equal(service(['job', 'j']), 'j');
  assert.equal(service(['container', 'c'], ['job', 'j']), 'c');
  assert.equal(service(['app', 'a'], ['container', 'c'], ['service', 's']), 's');
  assert.equal(service(['app', 'a'], ['service_name', 'mine']), 'mine');
  assert.equal(service(['host', 'h']), 'unknown_service');
});
