import { isUtf8 } from 'node:buffer';

/**
 * File names are bytes. Here a path is always a string: bytes that are not UTF-8 become lone surrogates
 * (U+DC80 … U+DCFF, one a byte), which no valid text contains, so that every path is distinct, fits in a map
 * and in JSON, and finds its way back to the disk.
 */
const ESCAPE = 0xdc00;

/** A name as the disk gave it. */
export function decodePath(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  let path = '';
  for (let at = 0; at < bytes.length; ) {
    const length = characterLength(bytes, at);
    path += length === 0 ? String.fromCharCode(ESCAPE + bytes[at]!) : bytes.toString('utf8', at, at + length);
    at += Math.max(1, length);
  }
  return path;
}

/** What to hand to `node:fs` for a path. */
export function diskPath(path: string): string | Buffer {
  if (!isEscaped(path)) return path;
  const parts: Buffer[] = [];
  for (const character of path) {
    const code = character.codePointAt(0)!;
    const isEscape = code >= ESCAPE + 0x80 && code <= ESCAPE + 0xff;
    parts.push(isEscape ? Buffer.from([code - ESCAPE]) : Buffer.from(character));
  }
  return Buffer.concat(parts);
}

/** A path as a label value or for people: what was not UTF-8 shows as U+FFFD. */
export function displayPath(path: string): string {
  return path.toWellFormed();
}

/** Whether a path holds bytes that are not UTF-8. */
export function isEscaped(path: string): boolean {
  return !path.isWellFormed();
}

/** Whether a name came through something that cannot carry its bytes, so that it has to be looked up again. */
export function isMangled(name: string): boolean {
  return name.includes('\ufffd');
}

/** Length of the valid UTF-8 character at `at`, or 0. */
function characterLength(bytes: Buffer, at: number): number {
  for (let length = 1; length <= 4 && at + length <= bytes.length; length++) {
    if (isUtf8(bytes.subarray(at, at + length))) return length;
  }
  return 0;
}
