import type { Stream } from '../../../pkg/types/stream.ts';
import { jsonTail } from '../json-value.ts';
import { putVarint, varintBytes } from '../varint.ts';

export type RecordFormat = 'json' | 'raw';

/** What all records of a stream have in common, as it stands in a record: made once for each stream. */
export interface RecordFrame {
  /** The field `key`. */
  readonly key: Buffer;
  /** JSON: what follows the line, from its closing quote. */
  readonly valueTail: Buffer;
  /** The field `headers`, up to the value of `lc.pos` where there is one. */
  readonly headers: Buffer;
}

export interface FrameOptions {
  readonly format: RecordFormat;
  /** Whether records carry `lc.stream` and `lc.pos`. */
  readonly dedupeHeaders: boolean;
}

/** Digits of `lc.pos`: nanoseconds since 1970. */
export const POSITION_DIGITS = 19;

/** The frame of the records of `stream`, whose key is `key`. */
export function recordFrame(
  stream: Stream,
  key: Buffer,
  { format, dedupeHeaders }: FrameOptions,
): RecordFrame {
  const labels = stream.labels;
  const headers: Buffer[] = [];
  if (format === 'raw')
    labels.range((name, value) => headers.push(Buffer.concat([sized(name), sized(value)])));
  if (dedupeHeaders) {
    headers.push(Buffer.concat([sized('lc.stream'), sized(stream.id)]));
    headers.push(Buffer.concat([sized('lc.pos'), size(POSITION_DIGITS)]));
  }
  return {
    key: Buffer.concat([size(key.length), key]),
    valueTail: format === 'json' ? jsonTail(stream) : Buffer.alloc(0),
    headers: Buffer.concat([size(headers.length), ...headers]),
  };
}

function sized(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([size(bytes.length), bytes]);
}

/** A size or a count as a zigzag varint. */
function size(value: number): Buffer {
  const bytes = Buffer.alloc(varintBytes(2 * value));
  putVarint(bytes, 0, 2 * value);
  return bytes;
}
