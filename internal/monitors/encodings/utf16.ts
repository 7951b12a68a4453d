/** A read of UTF-16 as UTF-8, and the way back from a place in it to the bytes that were read. */
export interface DecodedText {
  readonly text: Buffer;
  /** The index behind the raw bytes of `text[0 … end)`; `end` lies between two characters. */
  rawIndex(end: number): number;
}

const REPLACEMENT = '\ufffd';

/**
 * Turns `bytes[from … to)` into UTF-8. A surrogate without its other half becomes U+FFFD. Half a code unit or half a
 * pair at the end waits for the next read; where nothing will follow it becomes U+FFFD too.
 */
export function decodeUtf16(
  bytes: Buffer,
  from: number,
  to: number,
  isFinal: boolean,
  isBigEndian: boolean,
): DecodedText {
  const isOdd = (to - from) % 2 === 1;
  let end = isOdd ? to - 1 : to;
  if (!isFinal && end > from && isHighSurrogate(bytes[isBigEndian ? end - 2 : end - 1]!)) end -= 2;
  const half = isOdd && isFinal ? REPLACEMENT : '';
  const decoded = utf16Text(bytes, from, end, isBigEndian) + half;
  // Never from Node's shared pool: there a small chunk would keep its neighbours alive.
  const text = Buffer.allocUnsafeSlow(Buffer.byteLength(decoded));
  text.write(decoded);
  return {
    text,
    rawIndex: index => {
      if (index === text.length) return end + half.length;
      // Every UTF-16 code unit was two bytes, whatever it has become.
      return end - 2 * (text.toString('utf8', index).length - half.length);
    },
  };
}

function utf16Text(bytes: Buffer, from: number, to: number, isBigEndian: boolean): string {
  if (!isBigEndian) return bytes.toString('utf16le', from, to);
  return Buffer.from(bytes.subarray(from, to)).swap16().toString('utf16le');
}

function isHighSurrogate(highByte: number): boolean {
  return (highByte & 0xfc) === 0xd8;
}
