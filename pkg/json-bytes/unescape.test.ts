import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { JsonTextReader } from './unescape.ts';

function unescaped(inside: string): string | undefined {
  const bytes = Buffer.from(inside);
  const target = Buffer.alloc(bytes.length);
  const end = new JsonTextReader().put(target, 0, bytes, 0, bytes.length);
  return end < 0 ? undefined : target.toString('utf8', 0, end);
}

/** What `JSON.parse` makes of it, with halves of surrogate pairs as UTF-8 has them. */
function parsed(inside: string): string | undefined {
  try {
    return Buffer.from(JSON.parse(`"${inside}"`) as string).toString();
  } catch {
    return undefined;
  }
}

describe('JsonTextReader', () => {
  it('says what JSON.parse says of every string', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        const inside = JSON.stringify(text).slice(1, -1);
        assert.equal(unescaped(inside), parsed(inside));
      }),
      { numRuns: 1000 },
    );
  });

  it('says what JSON.parse says of what is escaped in any way, and of what is no string', () => {
    const piece = fc.constantFrom(
      ...['a', 'é', '\\', '"', '\\n', '\\/', '\\u', '\\u00', '\\u00e9', '\\u00E9', '\\u0000', '\\u20ac'],
      ...['\\ud83d', '\\ude00', '\\ud83d\\ude00', '\\x', '\u0001', '\t', '<', '0'],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), pieces => {
        assert.equal(unescaped(pieces.join('')), parsed(pieces.join('')));
      }),
      { numRuns: 5000 },
    );
  });
});
