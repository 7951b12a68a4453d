import { compressSync } from 'snappy';

/** An entry of a push as a test writes it. */
export interface TestEntry {
  readonly sec: number;
  readonly nanos: number;
  readonly line: string | Buffer;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A stream of a push as a test writes it; `labels` is the text that goes over the wire. */
export interface TestStream {
  readonly labels: string;
  readonly entries: readonly TestEntry[];
}

/** Encodes a PushRequest, plainly: the reference that the receiver's decoder is tested against. */
export function encodePush(streams: readonly TestStream[]): Buffer {
  return Buffer.concat(streams.map(stream => field(1, encodeStream(stream))));
}

/** Pushes streams to a receiver as protobuf and snappy. */
export function pushStreams(
  url: string,
  streams: readonly TestStream[],
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const type = { 'content-type': 'application/x-protobuf' };
  return pushBody(url, compressSync(encodePush(streams)), { ...type, ...headers });
}

/** Pushes bytes as they are. */
export function pushBody(
  url: string,
  body: Buffer,
  headers: Readonly<Record<string, string>> = { 'content-type': 'application/x-protobuf' },
): Promise<Response> {
  return fetch(`${url}/loki/api/v1/push`, { method: 'POST', headers, body: new Uint8Array(body) });
}

function encodeStream({ labels, entries }: TestStream): Buffer {
  return Buffer.concat([field(1, labels), ...entries.map(entry => field(2, encodeEntry(entry)))]);
}

function encodeEntry({ sec, nanos, line, metadata = {} }: TestEntry): Buffer {
  const time = Buffer.concat([varint(1 << 3), varint(sec), varint(2 << 3), varint(nanos)]);
  const pairs = Object.entries(metadata).map(([name, value]) =>
    field(3, Buffer.concat([field(1, name), field(2, value)])),
  );
  return Buffer.concat([field(1, time), field(2, line), ...pairs]);
}

/** A field of bytes: tag, length, value. */
export function field(number: number, value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
}

/** A varint of a signed 64-bit number. */
export function varint(value: number): Buffer {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    const bits = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest === 0n ? bits : bits | 0x80);
  } while (rest !== 0n);
  return Buffer.from(bytes);
}
