import type { Part } from '../../../pkg/types/batch.ts';
import type { RecordFormat } from '../record-format.ts';
import { nanosOf, RFC3339_BYTES, Rfc3339, secondsOf } from '../record-time.ts';

const TAB = 0x09;
const NEWLINE = 0x0a;
const SPACE = 0x20;
const BACKSLASH = 0x5c;
/** What follows a newline in a record: no second line can pass for a record of its own. */
const INDENT_BYTES = 4;
/** A byte becomes at most so many: a newline and what follows it. */
const MAX_BYTES_PER_BYTE = 1 + INDENT_BYTES;
const HEX_DIGITS = Buffer.from('0123456789abcdef');

/** Bytes that may begin a control character, in UTF-8: of C0, DELETE, of C1, or of the direction of text. */
const SUSPICIOUS = new Uint8Array(256).fill(1, 0, 0x20);
for (const byte of [0x7f, 0xc2, 0xe2]) SUSPICIOUS[byte] = 1;
SUSPICIOUS[TAB] = 0;

/**
 * Time and line for people at a terminal. Lines are hostile: what would steer the terminal or reorder what is seen is
 * shown as `\x1b` or `\u202e`.
 */
export class ReadableText implements RecordFormat {
  readonly #time = new Rfc3339();

  maxBytes({ spans }: Part, r: number): number {
    return RFC3339_BYTES + 1 + (spans[2 * r + 1]! - spans[2 * r]!) * MAX_BYTES_PER_BYTE;
  }

  put(target: Buffer, start: number, part: Part, r: number): number {
    const { bytes, spans } = part;
    const end = spans[2 * r + 1]!;
    let at = this.#time.put(target, start, secondsOf(part, r), nanosOf(part, r));
    target[at++] = SPACE;
    for (let i = spans[2 * r]!; i < end; i++) {
      const byte = bytes[i]!;
      if (SUSPICIOUS[byte] === 0) target[at++] = byte;
      else if (byte === NEWLINE) {
        target[at++] = NEWLINE;
        for (let n = 0; n < INDENT_BYTES; n++) target[at++] = SPACE;
      } else if (byte < 0x80) at = putEscape(target, at, 'x', byte, 2);
      else {
        const control = controlAt(bytes, i, end);
        if (control === 0) target[at++] = byte;
        else {
          at = putEscape(target, at, 'u', control, 4);
          i += control < 0x800 ? 1 : 2;
        }
      }
    }
    return at;
  }
}

/** The control character of C1 or of the direction of text that begins at `i`, or 0. */
function controlAt(bytes: Buffer, i: number, end: number): number {
  if (bytes[i] === 0xc2) {
    const code = i + 1 < end ? bytes[i + 1]! : 0;
    return code >= 0x80 && code < 0xa0 ? code : 0;
  }
  if (i + 2 >= end) return 0;
  const code = 0x2000 | ((bytes[i + 1]! & 0x3f) << 6) | (bytes[i + 2]! & 0x3f);
  const turnsText = (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
  return turnsText ? code : 0;
}

function putEscape(target: Buffer, start: number, letter: 'x' | 'u', code: number, digits: number): number {
  target[start] = BACKSLASH;
  target[start + 1] = letter.charCodeAt(0);
  for (let n = 0; n < digits; n++) target[start + 2 + n] = HEX_DIGITS[(code >> (4 * (digits - 1 - n))) & 15]!;
  return start + 2 + digits;
}
