import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseExposition } from './exposition.ts';

test('a well-formed text gives its samples', () => {
  const text = [
    '# HELP a_total What it is.',
    '# TYPE a_total counter',
    'a_total{x="1",y="q\\"b\\\\n\\n"} 3',
    '',
    'b -1.5e-7',
    'c{le="+Inf"} +Inf',
    '',
  ].join('\n');
  assert.deepEqual(parseExposition(text), [
    { name: 'a_total', labels: { x: '1', y: 'q"b\\n\n' }, value: 3 },
    { name: 'b', labels: {}, value: -1.5e-7 },
    { name: 'c', labels: { le: '+Inf' }, value: Number.POSITIVE_INFINITY },
  ]);
});

const BROKEN: Record<string, string> = {
  'no newline at the end': 'a 1',
  'no value': 'a\n',
  'two values': 'a 1 2 3\n',
  'value in hex': 'a 0x1\n',
  'empty value': 'a \n',
  'name with a dash': 'a-b 1\n',
  'unquoted label': 'a{x=1} 1\n',
  'open quote': 'a{x="1} 1\n',
  'raw quote in a value': 'a{x="1"2"} 1\n',
  'unknown escape': 'a{x="\\t"} 1\n',
  'label twice': 'a{x="1",x="2"} 1\n',
  'no comma': 'a{x="1"y="2"} 1\n',
  'unknown comment': '# a\n',
  'carriage return': 'a 1\r\n',
};

for (const [what, text] of Object.entries(BROKEN)) {
  test(`a text with a fault is refused: ${what}`, () => {
    assert.throws(() => parseExposition(text), SyntaxError);
  });
}
