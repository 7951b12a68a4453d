import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { splitLines } from '../splitter.ts';
import { LegacyEncoding } from './legacy.ts';

const SINGLE_BYTE = [
  'windows-1252',
  'iso-8859-2',
  'koi8-r',
  'ibm866',
  'macintosh',
  'windows-874',
  'x-user-defined',
];
const MULTI_BYTE = ['big5', 'euc-jp', 'euc-kr', 'gb18030', 'gbk', 'iso-2022-jp', 'shift_jis'];
const STATE = { isCut: false, isFinal: true };

/** Bytes that mean something in one of the encodings, and any others. */
const byte = fc.oneof(
  fc.constantFrom(0x0a, 0x0d, 0x1b, 0x24, 0x28, 0x42, 0x41, 0x5c, 0x7e, 0x30, 0x80, 0x81, 0x8e, 0x8f),
  fc.constantFrom(0xa0, 0xa1, 0xb0, 0xc4, 0xe4, 0xfc, 0xff),
  // Node exchanges three control characters in Shift_JIS, as ICU does.
  fc.nat({ max: 255 }).filter(value => value !== 0x1a && value !== 0x1c && value !== 0x7f),
);

function linesOf(name: string, bytes: Buffer, maxLineBytes = 1000): string[] {
  const encoding = new LegacyEncoding(name);
  const spans = new Uint32Array(400);
  const boundary = encoding.boundary.bind(encoding);
  const options = { maxLineBytes, longLine: 'split', boundary } as const;
  const { records } = splitLines(bytes, 0, bytes.length, spans, STATE, options);
  const found = spans.slice(0, records * 2);
  const text = encoding.toUtf8(bytes, found) ?? { bytes, spans: found };
  return Array.from({ length: records }, (_, i) =>
    text.bytes.toString('utf8', text.spans[2 * i], text.spans[2 * i + 1]),
  );
}

describe('LegacyEncoding', () => {
  it('says line by line what TextDecoder says of the whole text', () => {
    const stateless = [...SINGLE_BYTE, ...MULTI_BYTE].filter(name => name !== 'iso-2022-jp');
    fc.assert(
      fc.property(fc.constantFrom(...stateless), fc.array(byte, { maxLength: 40 }), (name, array) => {
        const bytes = Buffer.from([...array, 0x0a]);
        const expected = new TextDecoder(name).decode(bytes).slice(0, -1).split('\n');
        assert.deepEqual(
          linesOf(name, bytes),
          expected.map(line => line.replace(/\r$/, '')),
        );
      }),
      { numRuns: 3000 },
    );
  });

  it('begins every line of ISO-2022-JP in ASCII', () => {
    const bytes = Buffer.from('\x1b$B$"\nabc\n\x1b$B$"\x1b(Bx\n', 'latin1');
    assert.deepEqual(linesOf('iso-2022-jp', bytes), ['あ', 'abc', 'あx']);
  });

  it('copies nothing where all is ASCII', () => {
    const bytes = Buffer.from('plain text\n');
    for (const name of [...SINGLE_BYTE, ...MULTI_BYTE]) {
      const copy = new LegacyEncoding(name).toUtf8(bytes, Uint32Array.of(0, 10));
      assert.equal(copy === undefined, name !== 'iso-2022-jp');
    }
  });

  it('does not cut a character in two', () => {
    const texts = [
      ['shift_jis', '82a0 82a2 41 82a4', 'あいAう'],
      ['gbk', 'c4e3 41 bac3', '你A好'],
      ['gb18030', '8139ee39 41 c4e3', '㐀A你'],
      ['euc-jp', 'a4a2 8fb0a1 41', 'あ丂A'],
      ['euc-kr', 'b0a1 41', '가A'],
      ['big5', 'a4a4 41 a4e5', '中A文'],
      ['windows-1252', 'e4 41 f6', 'äAö'],
    ] as const;
    for (const [name, hex, text] of texts) {
      const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
      for (let maxLineBytes = 4; maxLineBytes < bytes.length; maxLineBytes++) {
        assert.equal(linesOf(name, bytes, maxLineBytes).join(''), text, name);
      }
    }
  });
});
