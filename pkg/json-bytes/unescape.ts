const [BACKSLASH, QUOTE, LETTER_U] = [0x5c, 0x22, 0x75];
const FIRST_PRINTABLE = 0x20;
/** The byte that a letter after a backslash stands for; 0 for what stands for none by itself. */
const MEANINGS = new Uint8Array(256);
for (const [letter, meaning] of Object.entries({
  ...{ '"': '"', '\\': '\\', '/': '/' },
  ...{ b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' },
})) {
  MEANINGS[letter.charCodeAt(0)] = meaning.charCodeAt(0);
}
/** The value of a hexadecimal digit; 16 for what is none. */
const HEX = new Uint8Array(256).fill(16);
for (const [value, digit] of [...'0123456789abcdef'].entries()) {
  HEX[digit.charCodeAt(0)] = value;
  HEX[digit.toUpperCase().charCodeAt(0)] = value;
}
const ESCAPED_UNIT_LENGTH = 6;
const MAX_UNIT = 0xffff;
const REPLACEMENT = 0xfffd;

/**
 * Writes the inside of any JSON string, `bytes[from … to)`, to `target` at `start` as UTF-8; a half of a surrogate
 * pair becomes U+FFFD. Never writes more than `to` - `from` bytes. Returns where it ends, or -1 where that is no
 * inside of a JSON string; bytes that are no valid UTF-8 pass through as they are.
 */
export function putJsonText(
  target: Uint8Array,
  start: number,
  bytes: Uint8Array,
  from: number,
  to: number,
): number {
  let at = start;
  for (let i = from; i < to; i++) {
    const byte = bytes[i]!;
    if (byte !== BACKSLASH) {
      if (byte === QUOTE || byte < FIRST_PRINTABLE) return -1;
      target[at++] = byte;
      continue;
    }
    if (++i === to) return -1;
    const letter = bytes[i]!;
    if (letter !== LETTER_U) {
      const meaning = MEANINGS[letter]!;
      if (meaning === 0) return -1;
      target[at++] = meaning;
      continue;
    }
    const code = codePointAt(bytes, i - 1, to);
    if (code < 0) return -1;
    i += (code > MAX_UNIT ? 2 : 1) * ESCAPED_UNIT_LENGTH - 2;
    at = putCodePoint(target, at, code);
  }
  return at;
}

/** What the `\\uxxxx` at `at` stands for, with the one behind it where both are a pair; -1 where there is none. */
function codePointAt(bytes: Uint8Array, at: number, to: number): number {
  const unit = unitAt(bytes, at, to);
  if (isLow(unit)) return REPLACEMENT;
  if (!isHigh(unit)) return unit;
  const low = unitAt(bytes, at + ESCAPED_UNIT_LENGTH, to);
  return isLow(low) ? 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00) : REPLACEMENT;
}

/** The code unit of the `\uxxxx` at `at`; -1 where there is none. */
function unitAt(bytes: Uint8Array, at: number, to: number): number {
  if (at + ESCAPED_UNIT_LENGTH > to || bytes[at] !== BACKSLASH || bytes[at + 1] !== LETTER_U) return -1;
  let unit = 0;
  for (let i = at + 2; i < at + ESCAPED_UNIT_LENGTH; i++) {
    const digit = HEX[bytes[i]!]!;
    if (digit === 16) return -1;
    unit = (unit << 4) | digit;
  }
  return unit;
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}

function putCodePoint(target: Uint8Array, start: number, code: number): number {
  let at = start;
  if (code < 0x80) {
    target[at++] = code;
    return at;
  }
  if (code < 0x800) target[at++] = 0xc0 | (code >> 6);
  else {
    if (code <= MAX_UNIT) target[at++] = 0xe0 | (code >> 12);
    else {
      target[at++] = 0xf0 | (code >> 18);
      target[at++] = 0x80 | ((code >> 12) & 0x3f);
    }
    target[at++] = 0x80 | ((code >> 6) & 0x3f);
  }
  target[at++] = 0x80 | (code & 0x3f);
  return at;
}
