/** A field of a protobuf message as it stands on the wire: a number, or bytes. */
export interface WireField {
  readonly tag: number;
  readonly value: bigint | Buffer;
}

/**
 * Reads any protobuf message, knowing nothing of its schema: what encoders write is judged by a reader that
 * shares no code with them. Throws where the bytes are no message.
 */
export function readMessage(bytes: Buffer): WireField[] {
  const fields: WireField[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error('the message ends within a number');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new Error('a number of more than ten bytes');
  };
  while (at < bytes.length) {
    const key = Number(varint());
    const wireType = key & 7;
    if (wireType !== 0 && wireType !== 2) throw new Error(`unexpected wire type ${wireType}`);
    const number = varint();
    if (wireType === 0) {
      fields.push({ tag: key >>> 3, value: number });
      continue;
    }
    const end = at + Number(number);
    if (end > bytes.length) throw new Error('the message ends within a field');
    fields.push({ tag: key >>> 3, value: bytes.subarray(at, end) });
    at = end;
  }
  return fields;
}
