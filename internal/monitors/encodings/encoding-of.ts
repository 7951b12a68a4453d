import type { Encoding } from './encoding.ts';
import { LegacyEncoding } from './legacy.ts';
import { repairUtf8, utf8Boundary } from './utf8.ts';
import { decodeUtf16 } from './utf16.ts';

/** The encoding that WHATWG calls `name`, in lower case as `TextDecoder` gives it. Throws where there is none. */
export function encodingOf(name: string): Encoding {
  if (name === 'utf-8')
    return { newline: Buffer.from('\n'), hasMark: true, toUtf8: repairUtf8, boundary: utf8Boundary };
  if (name !== 'utf-16le' && name !== 'utf-16be') return new LegacyEncoding(name);
  const isBigEndian = name === 'utf-16be';
  return {
    newline: Buffer.from(isBigEndian ? [0, 10] : [10, 0]),
    decode: (bytes, from, to, isFinal) => decodeUtf16(bytes, from, to, isFinal, isBigEndian),
    hasMark: true,
    toUtf8: () => undefined,
    boundary: utf8Boundary,
  };
}
