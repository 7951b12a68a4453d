/** Wire types of protobuf. */
export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
const GROUP_START = 3;
const GROUP_END = 4;
const FIXED32 = 5;

const EOF = 'unexpected EOF';

/**
 * Reads protobuf from bytes, field by field. It never throws and never reads outside: the first fault is kept
 * in `error`, in the words of Loki's own decoder, and everything after it reads as 0 with `position` at the end.
 */
export class ProtoReader {
  readonly bytes: Buffer;
  position = 0;
  error: string | undefined;
  /** Number of the field whose tag was read last. */
  field = 0;
  wireType = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** Reads the next tag of a message that ends at `end`; false at its end or after a fault. */
  nextField(end: number, message: string): boolean {
    if (this.error !== undefined || this.position >= end) return false;
    const tag = this.varint(end);
    if (this.error !== undefined) return false;
    this.wireType = wireTypeOf(tag);
    this.field = fieldOf(tag);
    if (this.wireType === GROUP_END) return this.fail(`proto: ${message}: wiretype end group for non-group`);
    if (this.field <= 0) {
      return this.fail(`proto: ${message}: illegal tag ${this.field} (wire type ${this.wireType})`);
    }
    return true;
  }

  /** Reads a length and returns where its bytes end; they begin at `position`. `end` of the message on a fault. */
  lengthEnd(end: number, fieldName: string): number {
    if (this.wireType !== BYTES) {
      this.fail(`proto: wrong wireType = ${this.wireType} for field ${fieldName}`);
      return end;
    }
    const length = this.varint(end);
    if (length < 0) this.fail('proto: negative length found during unmarshaling');
    else if (length > end - this.position) this.fail(EOF);
    return this.error === undefined ? this.position + length : end;
  }

  /** Reads a varint as a signed 64-bit number; exact up to 2^53. */
  varint(end: number): number {
    const first = this.position < end ? this.bytes[this.position]! : 0x80;
    if (first >= 0x80) return this.#longVarint(end);
    this.position++;
    return first;
  }

  /** Passes over the field whose tag was read last. */
  skip(end: number): void {
    let depth = 0;
    do {
      if (this.wireType === GROUP_START) depth++;
      else if (this.wireType === GROUP_END) depth--;
      else this.#skipValue(end);
      if (depth > 0) this.#groupTag(end);
    } while (depth > 0 && this.error === undefined);
  }

  /** Keeps the first fault; false, so that a caller can return it. */
  fail(text: string): false {
    this.error ??= text;
    this.position = this.bytes.length;
    return false;
  }

  #groupTag(end: number): void {
    this.wireType = wireTypeOf(this.varint(end));
  }

  #skipValue(end: number): void {
    if (this.wireType === VARINT) this.varint(end);
    else if (this.wireType === FIXED64) this.#advance(8, end);
    else if (this.wireType === FIXED32) this.#advance(4, end);
    else if (this.wireType === BYTES) {
      const valueEnd = this.lengthEnd(end, '');
      if (this.error === undefined) this.position = valueEnd;
    } else this.fail(`proto: illegal wireType ${this.wireType}`);
  }

  #advance(count: number, end: number): void {
    if (end - this.position < count) this.fail(EOF);
    else this.position += count;
  }

  /** Up to ten bytes of 7 bits, gathered as 28 + 28 + 8 bits because a number holds only 53 exactly. */
  #longVarint(end: number): number {
    let low = 0;
    let middle = 0;
    let high = 0;
    for (let i = 0; i < 10; i++) {
      if (this.position >= end) {
        this.fail(EOF);
        return 0;
      }
      const byte = this.bytes[this.position++]!;
      const bits = byte & 0x7f;
      if (i < 4) low |= bits << (7 * i);
      else if (i < 8) middle |= bits << (7 * (i - 4));
      else high |= bits << (7 * (i - 8));
      if (byte < 0x80) {
        high &= 0xff;
        const signed = high >= 0x80 ? high - 0x100 : high;
        return (signed * 2 ** 28 + middle) * 2 ** 28 + low;
      }
    }
    this.fail('proto: integer overflow');
    return 0;
  }
}

/** The lowest three bits of a tag; tags of real messages are below 2^31. */
function wireTypeOf(tag: number): number {
  return tag === (tag | 0) ? tag & 7 : ((tag % 8) + 8) % 8;
}

function fieldOf(tag: number): number {
  return tag === (tag | 0) ? tag >> 3 : Math.floor(tag / 8) | 0;
}
