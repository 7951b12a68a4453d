import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import {
  constants,
  crc32,
  createGunzip,
  createZstdDecompress,
  type Gunzip,
  type ZstdDecompress,
} from 'node:zlib';
import { errorText } from '../../../pkg/errors/errors.ts';
import { piecesOf } from '../pieces-of.ts';
import { type Archive, CHECK_BYTES, type FilePosition, HEAD_BYTES, type Head } from './identity.ts';
import { PlainReader, type Read, type Reader, readOf } from './reader.ts';

type Decompressor = Gunzip | ZstdDecompress;

const NOTHING: Buffer = Buffer.alloc(0);
const STEP_BYTES = 256 * 1024;

/**
 * Reads what is in a compressed file: its offsets are those of the plain file that it was. Goes forward in the
 * thread pool, a piece at a time, and keeps only what is asked for; to go back means to begin anew.
 */
export class ArchiveReader implements Reader {
  readonly #handle: FileHandle;
  readonly #format: Archive['format'];
  #stream: Decompressor | undefined;
  #pieces: AsyncIterator<Buffer> | undefined;
  /** What was decompressed and may still be asked for, and its plain offset. */
  #held: Buffer = NOTHING;
  #heldFrom = 0;
  #isAtEnd = false;
  #head: Buffer | undefined;
  /** Where in the file that is decompressed now begins: zstd decompresses one frame of several. */
  #frameFrom = 0;
  /** Why the rest of the file cannot be decompressed. */
  damage: string | undefined;

  constructor(handle: FileHandle, format: Archive['format']) {
    this.#handle = handle;
    this.#format = format;
  }

  get fd(): number {
    return this.#handle.fd;
  }

  async readAfter(position: FilePosition, into: Buffer, limitBytes: number): Promise<Read> {
    const before = Math.min(CHECK_BYTES, position.offset);
    const bytes = await this.#read(position.offset - before, Math.min(into.length, before + limitBytes));
    bytes.copy(into);
    return readOf(position, into, before, bytes.length);
  }

  async endBy(limitBytes: number): Promise<number> {
    const last = Math.max(0, limitBytes - 1);
    if ((await this.#read(last, 1)).length === 1) return limitBytes;
    return Math.min(limitBytes, this.#heldFrom + this.#held.length);
  }

  async hasHead({ headBytes, headCheck }: Head): Promise<boolean> {
    if (this.#head === undefined || this.#head.length < headBytes) {
      this.#head = Buffer.from(await this.#read(0, Math.max(headBytes, HEAD_BYTES)));
    }
    const head = this.#head.subarray(0, headBytes);
    return head.length === headBytes && crc32(head) === headCheck;
  }

  async hasBefore({ offset, check }: FilePosition): Promise<boolean> {
    const before = Math.min(CHECK_BYTES, offset);
    const bytes = await this.#read(offset - before, before);
    return bytes.length === before && crc32(bytes) === check;
  }

  async close(): Promise<void> {
    this.#stream?.destroy();
    await this.#handle.close();
  }

  /** Up to `length` bytes from a plain offset, fewer at the end. What is before them is let go. */
  async #read(from: number, length: number): Promise<Buffer> {
    if (this.#pieces === undefined || from < this.#heldFrom) this.#begin();
    const pieces: Buffer[] = [this.#held];
    let end = this.#heldFrom + this.#held.length;
    while (end < from + length && !this.#isAtEnd) {
      const piece = await this.#next();
      end += piece.length;
      pieces.push(piece);
      while (pieces.length > 1 && this.#heldFrom + pieces[0]!.length <= from) {
        this.#heldFrom += pieces.shift()!.length;
      }
    }
    const held = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
    const gone = Math.min(held.length, from - this.#heldFrom);
    this.#held = held.subarray(gone);
    this.#heldFrom += gone;
    return this.#heldFrom === from ? this.#held.subarray(0, length) : this.#held.subarray(0, 0);
  }

  async #next(): Promise<Buffer> {
    try {
      const { done, value } = await this.#pieces!.next();
      if (done !== true) return value;
      const frameBytes = this.#stream!.bytesWritten;
      const { size } = await this.#handle.stat();
      this.#isAtEnd = frameBytes === 0 || this.#frameFrom + frameBytes >= size;
      if (!this.#isAtEnd) this.#decompressFrom(this.#frameFrom + frameBytes);
    } catch (error) {
      this.damage = errorText(error);
      this.#isAtEnd = true;
    }
    return NOTHING;
  }

  #begin(): void {
    this.#held = NOTHING;
    this.#heldFrom = 0;
    this.#isAtEnd = false;
    this.#decompressFrom(0);
  }

  #decompressFrom(start: number): void {
    this.#stream?.destroy();
    const source = Readable.from(piecesOf(this.#handle, start), {
      objectMode: false,
      highWaterMark: STEP_BYTES,
    });
    const stream = decompressor(this.#format);
    source.on('error', error => stream.destroy(error));
    stream.on('close', () => source.destroy());
    this.#frameFrom = start;
    this.#stream = source.pipe(stream);
    this.#pieces = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }
}

/** Reads an open file as what it is remembered to be. */
export function readerOf(handle: FileHandle, archive: Archive | undefined): Reader {
  const isPlain = archive === undefined || archive.format === 'unread';
  return isPlain ? new PlainReader(handle) : new ArchiveReader(handle, archive.format);
}

/** A file that was cut off ends where it ends: that is no error. */
function decompressor(format: Archive['format']): Decompressor {
  if (format === 'zstd') return createZstdDecompress({ chunkSize: STEP_BYTES });
  return createGunzip({ chunkSize: STEP_BYTES, finishFlush: constants.Z_SYNC_FLUSH });
}
