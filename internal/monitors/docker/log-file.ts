import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { piecesOf } from '../pieces-of.ts';

/** One file of a log, read from its beginning to its end. */
export interface LogFile {
  readonly ino: number;
  /** What it begins with. */
  head(): Promise<Buffer>;
  /** Reads on, into `into`; 0 where nothing more is there. */
  read(into: Buffer): Promise<number>;
  close(): Promise<void>;
}

const HEAD_BYTES = 256 * 1024;
/** What was read last is compared with what stands there now: a file may be emptied and written anew. */
const PROOF_BYTES = 64;
const NOTHING: Buffer = Buffer.alloc(0);

/** A file that is written to, or was. */
export class PlainLog implements LogFile {
  readonly ino: number;
  /** Where to read on. */
  offset = 0;
  readonly #handle: FileHandle;
  /** What stood before `offset` when it was read. */
  #proof = NOTHING;

  private constructor(handle: FileHandle, ino: number) {
    this.#handle = handle;
    this.ino = ino;
  }

  static async open(path: string): Promise<PlainLog> {
    const handle = await open(path);
    return new PlainLog(handle, (await handle.stat()).ino);
  }

  async head(): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(HEAD_BYTES);
    return bytes.subarray(0, await this.readAt(bytes, 0));
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  /** Fills `into` with what stands at `offset`. */
  async readAt(into: Buffer, offset: number): Promise<number> {
    return (await this.#handle.read(into, 0, into.length, offset)).bytesRead;
  }

  async read(into: Buffer): Promise<number> {
    const before = this.#proof.length;
    const bytes = await this.readAt(into, this.offset - before);
    if (bytes < before || into.compare(this.#proof, 0, before, 0, before) !== 0) {
      // The engine emptied it: it keeps one file only.
      this.offset = 0;
      this.#proof = NOTHING;
      return this.read(into);
    }
    const fresh = bytes - before;
    if (fresh === 0) return 0;
    this.offset += fresh;
    this.#proof = Buffer.from(into.subarray(Math.max(0, bytes - PROOF_BYTES), bytes));
    into.copyWithin(0, before, bytes);
    return fresh;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** A file that the engine compressed after it was rotated. It is held open: names move on, and inodes are used again. */
export class GzipLog implements LogFile {
  readonly ino: number;
  readonly #handle: FileHandle;
  readonly #pieces: AsyncGenerator<Buffer>;
  #left = NOTHING;

  private constructor(handle: FileHandle, ino: number) {
    this.#handle = handle;
    this.ino = ino;
    this.#pieces = contentOf(handle);
  }

  static async open(path: string): Promise<GzipLog> {
    const handle = await open(path);
    return new GzipLog(handle, (await handle.stat()).ino);
  }

  async head(): Promise<Buffer> {
    for await (const piece of contentOf(this.#handle)) return piece;
    return NOTHING;
  }

  async read(into: Buffer): Promise<number> {
    if (this.#left.length === 0) {
      const { value, done } = await this.#pieces.next();
      if (done === true) return 0;
      this.#left = value;
    }
    const bytes = this.#left.copy(into);
    this.#left = this.#left.subarray(bytes);
    return bytes;
  }

  async close(): Promise<void> {
    await this.#pieces.return(undefined);
    await this.#handle.close();
  }
}

/** What was compressed, in pieces. */
async function* contentOf(handle: FileHandle): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: HEAD_BYTES });
  // An error comes out of `gunzip` too.
  pipeline(piecesOf(handle), gunzip, () => undefined);
  try {
    for await (const piece of gunzip) yield piece as Buffer;
  } finally {
    gunzip.destroy();
  }
}
