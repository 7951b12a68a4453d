import assert from 'node:assert/strict';
import { it } from 'node:test';
import { unquoteGo } from './go-string.ts';

const literals: [literal: string, text: string | undefined][] = [
  ['""', ''],
  ['"a b"', 'a b'],
  ['`a\\n"b`', 'a\\n"b'],
  ['"\\a\\b\\f\\n\\r\\t\\v\\\\\\""', '\x07\b\f\n\r\t\v\\"'],
  ['"\\x41\\101\\u00e9\\U0001F600"', 'AAé😀'],
  ['"\\xc3\\xa9"', 'é'],
  ['"\\xe9"', '\ufffd'],
  ['"😀"', '😀'],
  ['"\\\'"', undefined],
  ['"\\x4"', undefined],
  ['"\\777"', undefined],
  ['"\\ud800"', undefined],
  ['"\\U00110000"', undefined],
  ['"a\nb"', undefined],
];
for (const [literal, text] of literals) {
  it(`unquotes ${JSON.stringify(literal)} as ${JSON.stringify(text)}`, () => {
    assert.equal(unquoteGo(literal), text);
  });
}
