import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeUtf16 } from './utf16.ts';

function encode(units: readonly number[], isBigEndian: boolean): Buffer {
  const bytes = Buffer.from(Uint16Array.from(units).buffer);
  return isBigEndian ? bytes.swap16() : bytes;
}

const unit = fc.oneof(
  fc.constantFrom(0x0a, 0x0d, 0x0a0a, 0x0a00, 0, 0xfeff, 0xfffe),
  fc.constantFrom(0x41, 0xe4, 0x20ac, 0xd83d, 0xde00, 0xd800, 0xdc00),
  fc.nat({ max: 0xffff }),
);

describe('decodeUtf16', () => {
  it('says what TextDecoder says of any bytes, also of half a character at the end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.boolean(), (array, isBigEndian) => {
        const bytes = Buffer.from(array);
        const name = isBigEndian ? 'utf-16be' : 'utf-16le';
        const expected = new TextDecoder(name, { ignoreBOM: true }).decode(bytes);
        const { text, rawIndex } = decodeUtf16(bytes, 0, bytes.length, true, isBigEndian);
        // Half a pair and half a unit together are one character to TextDecoder, and two here.
        const merged = /\ufffd+$/;
        assert.equal(text.toString().replace(merged, ''), expected.replace(merged, ''));
        assert.equal(rawIndex(text.length), bytes.length);
      }),
      { numRuns: 2000 },
    );
  });

  it('leads from any character back to the bytes it was read from', () => {
    const units = fc.array(unit, { maxLength: 20 });
    fc.assert(
      fc.property(units, fc.boolean(), fc.boolean(), (all, isBigEndian, isOdd) => {
        const rest = Buffer.from(isOdd ? 'x' : '');
        const bytes = Buffer.concat([Buffer.from('ab'), encode(all, isBigEndian), rest]);
        const { text, rawIndex } = decodeUtf16(bytes, 2, bytes.length, true, isBigEndian);
        let [at, raw] = [0, 2];
        for (const char of String.fromCharCode(...all)) {
          assert.equal(rawIndex(at), raw);
          at += Buffer.byteLength(char);
          raw += 2 * char.length;
        }
        assert.equal(rawIndex(text.length), bytes.length);
      }),
      { numRuns: 2000 },
    );
  });

  it('gives the same text however the bytes are split into reads', () => {
    const cases = fc
      .array(unit, { maxLength: 20 })
      .chain(units =>
        fc.tuple(fc.constant(units), fc.array(fc.nat({ max: units.length * 2 }), { maxLength: 5 })),
      );
    fc.assert(
      fc.property(cases, fc.boolean(), ([units, ends], isBigEndian) => {
        const bytes = encode(units, isBigEndian);
        let [at, found] = [0, ''];
        for (const end of [...ends.sort((a, b) => a - b), bytes.length]) {
          if (end <= at) continue;
          const { text, rawIndex } = decodeUtf16(bytes, at, end, end === bytes.length, isBigEndian);
          found += text.toString();
          at = rawIndex(text.length);
        }
        assert.equal(found, decodeUtf16(bytes, 0, bytes.length, true, isBigEndian).text.toString());
      }),
      { numRuns: 2000 },
    );
  });
});
