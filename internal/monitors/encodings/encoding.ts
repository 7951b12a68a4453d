import { LegacyEncoding } from './legacy.ts';
import type { Records } from './records.ts';
import { repairUtf8, utf8Boundary } from './utf8.ts';
import { type DecodedText, decodeUtf16 } from './utf16.ts';

/** How the text of a source is written. */
export interface Encoding {
  /**
   * Only where a newline is more than a byte: the text of a read as UTF-8, in which lines are looked for. Other text
   * is split as it is.
   */
  readonly decode?: (bytes: Buffer, from: number, to: number, isFinal: boolean) => DecodedText;
  /** The records as valid UTF-8, in a copy; `undefined` where they are already. */
  toUtf8(text: Buffer, spans: Uint32Array): Records | undefined;
  /** The last place at or before `cut` that does not lie inside a character. */
  boundary(text: Buffer, start: number, cut: number): number;
}

/** The encoding that WHATWG calls `name`, in lower case as `TextDecoder` gives it. Throws where there is none. */
export function encodingOf(name: string): Encoding {
  if (name === 'utf-8') return { toUtf8: repairUtf8, boundary: utf8Boundary };
  if (name !== 'utf-16le' && name !== 'utf-16be') return new LegacyEncoding(name);
  return {
    decode: (bytes, from, to, isFinal) => decodeUtf16(bytes, from, to, isFinal, name === 'utf-16be'),
    toUtf8: () => undefined,
    boundary: utf8Boundary,
  };
}
