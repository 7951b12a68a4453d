const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
};

/** One piece of the inside of a quoted literal: plain text, a byte (hexadecimal, octal), a code point, or a short escape. */
const PIECE =
  /([^\\\n]+)|\\x([0-9a-fA-F]{2})|\\([0-3][0-7]{2})|\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})|\\([abfnrtv\\"])/y;

/**
 * The text of a Go string literal, `"…"` with escapes or `` `…` `` as it is; `undefined` when it is not a valid one.
 * Bytes (`\xe9`) that are not valid UTF-8 become U+FFFD.
 */
export function unquoteGo(literal: string): string | undefined {
  const inner = literal.slice(1, -1);
  if (literal.startsWith('`')) return inner;
  const bytes: Buffer[] = [];
  PIECE.lastIndex = 0;
  for (let at = 0; at < inner.length; at = PIECE.lastIndex) {
    const match = PIECE.exec(inner);
    if (match === null) return undefined;
    const piece = decode(match);
    if (piece === undefined) return undefined;
    bytes.push(piece);
  }
  return Buffer.concat(bytes).toString('utf8');
}

function decode([, plain, hex, octal, short, long, letter]: RegExpExecArray): Buffer | undefined {
  if (plain !== undefined) return Buffer.from(plain);
  if (hex !== undefined) return Buffer.of(Number.parseInt(hex, 16));
  if (octal !== undefined) return Buffer.of(Number.parseInt(octal, 8));
  if (letter !== undefined) return Buffer.from(SHORT_ESCAPES[letter]!);
  const codePoint = Number.parseInt(short ?? long!, 16);
  const isCharacter = codePoint <= 0x10ffff && (codePoint < 0xd800 || codePoint > 0xdfff);
  return isCharacter ? Buffer.from(String.fromCodePoint(codePoint)) : undefined;
}
