import { gunzipSync, inflateRawSync } from 'node:zlib';
import { uncompressSync } from 'snappy';
import { systemCode } from '../../pkg/errors/errors.ts';
import type { Answer } from './answer.ts';
import { decodePush } from './decode.ts';
import { decodeJsonPush } from './decode-json.ts';
import type { PushTable } from './push-table.ts';

/** How a body says it is written: the values of its headers. */
export interface BodyFormat {
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
}

/** Measured: memory that stays outside of V8's heap is faulted in page by page, 5 times slower than a copy. */
const COPIED = { copyOutputData: true };

const CORRUPT: Answer = { status: 400, text: 'snappy: corrupt input' };

/** Uncompresses and decodes the body of a push into `table`; the answer when that cannot be done. */
export function unpack(
  body: Buffer,
  { contentType = '', contentEncoding = '' }: BodyFormat,
  maxBytes: number,
  table: PushTable,
): Answer | undefined {
  const plain = inflate(body, contentEncoding, maxBytes);
  if (!Buffer.isBuffer(plain)) return plain;
  const isJson = contentType.split(';')[0]!.trim().toLowerCase() === 'application/json';
  if (isJson) return refuse(decodeJsonPush(plain, table));
  const raw = uncompressSnappy(plain, maxBytes);
  return Buffer.isBuffer(raw) ? refuse(decodePush(raw, table)) : raw;
}

function refuse(text: string | undefined): Answer | undefined {
  return text === undefined ? undefined : { status: 400, text };
}

function inflate(body: Buffer, encoding: string, maxBytes: number): Buffer | Answer {
  if (encoding === '' || encoding === 'snappy') return body;
  if (encoding !== 'gzip' && encoding !== 'deflate') {
    return { status: 400, text: `Content-Encoding "${encoding}" not supported` };
  }
  try {
    const options = { maxOutputLength: maxBytes };
    return encoding === 'gzip' ? gunzipSync(body, options) : inflateRawSync(body, options);
  } catch (error) {
    if (systemCode(error) === 'ERR_BUFFER_TOO_LARGE') return tooLarge(maxBytes);
    return { status: 400, text: `${encoding}: invalid header` };
  }
}

/** The length that a block declares is checked before memory is taken for it. */
function uncompressSnappy(block: Buffer, maxBytes: number): Buffer | Answer {
  const length = declaredLength(block);
  if (length === undefined) return CORRUPT;
  if (length > maxBytes) return tooLarge(maxBytes);
  try {
    const raw = uncompressSync(block, COPIED);
    return typeof raw === 'string' ? Buffer.from(raw) : raw;
  } catch {
    return CORRUPT;
  }
}

/** The varint that begins a snappy block: its length uncompressed, below 2^32. */
function declaredLength(block: Buffer): number | undefined {
  let length = 0;
  for (let i = 0; i < 5; i++) {
    const byte = block[i];
    if (byte === undefined) return undefined;
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return length < 2 ** 32 ? length : undefined;
  }
  return undefined;
}

function tooLarge(maxBytes: number): Answer {
  return { status: 413, text: `request body too large, limit: ${maxBytes} bytes` };
}
