import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  escapedBytes,
  MAX_ESCAPED_BYTES,
  putAscii,
  putDigits,
  putEscaped,
  putUnescaped,
} from './json-bytes.ts';

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  fc.array(fc.constantFrom(0, 8, 9, 10, 12, 13, 31, 34, 92, 117, 110, 255), { maxLength: 60 }),
);

function escaped(data: Buffer): Buffer {
  const target = Buffer.alloc(data.length * MAX_ESCAPED_BYTES);
  return target.subarray(0, putEscaped(target, 0, data, 0, data.length));
}

test('valid UTF-8 becomes what JSON.parse understands', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      assert.equal(JSON.parse(`"${escaped(Buffer.from(text)).toString()}"`), text.toWellFormed());
    }),
  );
});

test('any bytes come back as they were, from anywhere to anywhere', () => {
  fc.assert(
    fc.property(bytes, fc.nat(9), (list, margin) => {
      const data = Buffer.from(list);
      const framed = Buffer.concat([Buffer.alloc(margin, 34), escaped(data), Buffer.alloc(margin, 34)]);
      const target = Buffer.alloc(margin + data.length, 0xee);
      const end = putUnescaped(target, margin, framed, margin, framed.length - margin);
      assert.deepEqual(target.subarray(margin, end), data);
    }),
  );
});

test('the size is known before, and nothing escaped holds a newline or an unescaped quote', () => {
  fc.assert(
    fc.property(bytes, list => {
      const data = Buffer.from(list);
      const result = escaped(data);
      assert.equal(escapedBytes(data, 0, data.length), result.length);
      assert.ok(!result.includes(10) && !result.includes(',"'));
    }),
  );
});

test('digits are padded with zeros', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 10, max: 13 }), (value, digits) => {
      const target = Buffer.alloc(16, '.');
      assert.equal(putDigits(target, 1, value, digits), 1 + digits);
      assert.equal(target.toString(), `.${String(value).padStart(digits, '0')}`.padEnd(16, '.'));
    }),
  );
});

test('text of any length is put where it belongs', () => {
  for (let length = 0; length < 30; length++) {
    const target = Buffer.alloc(32, '.');
    assert.equal(putAscii(target, 1, Buffer.alloc(length, 'x')), 1 + length);
    assert.equal(target.toString(), `.${'x'.repeat(length)}`.padEnd(32, '.'));
  }
});
