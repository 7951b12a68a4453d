import { putVarint, varintBytes } from '../varint.ts';

/*
 * Kafka's varints are zigzag: 0, -1, 1, -2 … are written as 0, 1, 2, 3 …, seven bits a byte, lowest first
 * (`ByteUtils.writeVarlong`). Sizes and counts, which are never negative, are `putVarint` of twice their value.
 */

const LIMIT = 2 ** 32;

/** Bytes of a whole number as a zigzag varlong; below 2⁵² either way. */
export function varlongBytes(value: number): number {
  let rest = zigzag(value);
  let bytes = 0;
  for (; rest >= LIMIT; bytes++) rest = Math.floor(rest / 128);
  return bytes + varintBytes(rest);
}

/** Writes it at `start` and returns where it ends. */
export function putVarlong(target: Buffer, start: number, value: number): number {
  let rest = zigzag(value);
  let at = start;
  for (; rest >= LIMIT; at++) {
    target[at] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  return putVarint(target, at, rest);
}

function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}
