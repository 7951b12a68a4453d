import { type FileHandle, open } from 'node:fs/promises';
import { Gunzip } from './gunzip.ts';

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

/** What of a file cannot be read. */
export interface Damage {
  readonly path: string;
  readonly ino: number;
  readonly reason: string;
  /** As they stand in the file; 0 where it was cut off, for what came behind is not known. */
  readonly bytes: number;
}

/**
 * A file that the engine compressed after it was rotated. It is held open: names move on, and inodes are used again.
 * Where it is damaged it ends with a newline: what is torn must not run into what comes next.
 */
export class GzipLog implements LogFile {
  readonly ino: number;
  readonly #handle: FileHandle;
  readonly #content: Gunzip;
  #isTorn = false;

  private constructor(path: string, handle: FileHandle, ino: number, onDamage: (damage: Damage) => void) {
    this.#handle = handle;
    this.ino = ino;
    this.#content = new Gunzip(handle, (reason, bytes) => {
      this.#isTorn = true;
      onDamage({ path, ino, reason, bytes });
    });
  }

  /** `onDamage`: called when it was read up to where it is damaged. */
  static async open(path: string, onDamage: (damage: Damage) => void): Promise<GzipLog> {
    const handle = await open(path);
    return new GzipLog(path, handle, (await handle.stat()).ino, onDamage);
  }

  async head(): Promise<Buffer> {
    const content = new Gunzip(this.#handle, () => undefined);
    const bytes = Buffer.allocUnsafe(HEAD_BYTES);
    const read = await content.read(bytes);
    content.close();
    return bytes.subarray(0, read);
  }

  async read(into: Buffer): Promise<number> {
    const bytes = await this.#content.read(into);
    if (bytes > 0 || !this.#isTorn) return bytes;
    this.#isTorn = false;
    return into.write('\n');
  }

  async close(): Promise<void> {
    this.#content.close();
    await this.#handle.close();
  }
}
