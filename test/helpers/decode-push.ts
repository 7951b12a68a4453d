import { gunzipSync } from 'node:zlib';
import { uncompressSync } from 'snappy';
import { readMessage, type WireField } from './protobuf-reader.ts';

/** A stream of a push as Loki would see it; `nanos` are nanoseconds since 1970. */
export interface PushedStream {
  readonly labels: string;
  readonly entries: readonly PushedEntry[];
}

export interface PushedEntry {
  readonly nanos: bigint;
  readonly line: string;
  /** Structured metadata, where there is any. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Decodes the body of a push by its content type. */
export function decodePush(contentType: string, body: Buffer): PushedStream[] {
  if (contentType === 'application/json') return decodeJsonPush(gunzipSync(body).toString());
  return decodeProtobufPush(uncompressSync(body, { asBuffer: true }) as Buffer);
}

/** `PushRequest` by its schema: only its tags, in this order. */
export function decodeProtobufPush(message: Buffer): PushedStream[] {
  return readMessage(message).map(field => {
    const [labels, ...entries] = readMessage(bytesOf(field, 1));
    return { labels: textOf(labels, 1), entries: entries.map(entry => decodeEntry(bytesOf(entry, 2))) };
  });
}

/** A JSON push; labels are an object there and are given as JSON. */
export function decodeJsonPush(text: string): PushedStream[] {
  const push = JSON.parse(text) as {
    streams: { stream: object; values: [string, string, Record<string, string>?][] }[];
  };
  return push.streams.map(({ stream, values }) => ({
    labels: JSON.stringify(stream),
    entries: values.map(([time, line, metadata]) => ({
      nanos: BigInt(time),
      line,
      ...(metadata === undefined ? {} : { metadata }),
    })),
  }));
}

function decodeEntry(message: Buffer): PushedEntry {
  const [timestamp, line, ...pairs] = readMessage(message);
  const [seconds, nanos] = readMessage(bytesOf(timestamp, 1));
  const metadata = Object.fromEntries(
    pairs.map(pair => {
      const [name, value] = readMessage(bytesOf(pair, 3));
      return [textOf(name, 1), textOf(value, 2)];
    }),
  );
  return {
    nanos: numberOf(seconds, 1) * 1_000_000_000n + numberOf(nanos, 2),
    line: textOf(line, 2),
    ...(pairs.length === 0 ? {} : { metadata }),
  };
}

function bytesOf(field: WireField | undefined, tag: number): Buffer {
  if (field?.tag !== tag || !Buffer.isBuffer(field.value)) throw new Error(`no bytes in field ${tag}`);
  return field.value;
}

function textOf(field: WireField | undefined, tag: number): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(bytesOf(field, tag));
}

function numberOf(field: WireField | undefined, tag: number): bigint {
  if (field?.tag !== tag || typeof field.value !== 'bigint') throw new Error(`no number in field ${tag}`);
  return field.value;
}
