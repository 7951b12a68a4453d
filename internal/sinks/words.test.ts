import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { shortened } from './words.ts';

test('words are on one line, without control characters', () => {
  assert.equal(shortened(' a\r\n\tb \x1b[31mc\u009b\n'), 'a b [31mc');
});

test('of a long value its ends are enough: what is wrong with it can still be read', () => {
  const value = 'v'.repeat(3000);
  const text = `stream '{job="a", x="${value}"}' has label value too long: '${value}'\n`;
  const [head, tail] = ['v'.repeat(57), 'v'.repeat(17)];
  assert.equal(
    shortened(text),
    `stream '{job="a", x="${head}…${tail}"}' has label value too long: '${head}vv…${tail}vv'`,
  );
});

test('whatever was said, it is short and well-formed', () => {
  const word = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.nat(6000).map(count => '\u{1f600}'.repeat(count)),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 5 }), words => {
      const short = shortened(words.join(' '));
      assert.ok(short.length <= 512);
      assert.ok(short.isWellFormed());
    }),
  );
});
