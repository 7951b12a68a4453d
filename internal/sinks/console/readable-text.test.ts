import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { partOf } from '../../../test/helpers/batches.ts';
import { testChunk, testStream } from '../../../test/helpers/chunks.ts';
import { ReadableText } from './readable-text.ts';

/** The second record of a chunk with this line, as the terminal gets it. */
function shown(line: string): string {
  const part = partOf(testChunk(['first', line], testStream({ line: 'shown' }), Date.UTC(2099, 0, 1)).chunk);
  const format = new ReadableText();
  const target = Buffer.alloc(format.maxBytes(part, 1));
  return target.toString('utf8', 0, format.put(target, 0, part, 1));
}

const lineOf = (text: string): string => text.slice(text.indexOf(' ') + 1);

test('a line begins with its time', () => {
  assert.match(shown('größe\tok 😀'), /^2099-01-01T00:00:00\.\d{9}Z größe\tok 😀$/);
});

for (const [line, expected] of [
  ['\x1b[2J\x07\r\x00\x7f', String.raw`\x1b[2J\x07\x0d\x00\x7f`],
  ['\u009b2J \u0080', String.raw`\u009b2J \u0080`],
  ['a\u202eb\u2066c', String.raw`a\u202eb\u2066c`],
  ['trace\n  at x', 'trace\n      at x'],
  ['\u00a0é\u2025\u2027\u202f\u20ac', '\u00a0é\u2025\u2027\u202f\u20ac'],
] as const)
  test(`${JSON.stringify(line)} is shown as ${JSON.stringify(expected)}`, () => {
    assert.equal(lineOf(shown(line)), expected);
  });

test('whatever a line says, it cannot steer a terminal nor pass for another line', () => {
  const char = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 1 }),
    fc.constantFrom('\n', '\x1b', '\u009b', '\u202e', '\u00c2', '\u2028'),
  );
  fc.assert(
    fc.property(fc.array(char), chars => {
      const text = shown(chars.join('').toWellFormed());
      assert.doesNotMatch(text.replace(/[\t\n]/g, ''), /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      assert.doesNotMatch(text, /\n(?! {4})/);
    }),
  );
});
