import type { FileHandle } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { errorText, systemCode } from '../../../pkg/errors/errors.ts';

/** Of the file: what one step makes of it is some 200 KB of log, and 16 MB at the most. */
const STEP_BYTES = 16 * 1024;
/** Of what it becomes: so much may be lost before a damage. */
const CHUNK_BYTES = 64 * 1024;

/** Why a file cannot be read further, and how many of its own, compressed bytes that leaves out. */
export type OnDamage = (reason: string, unreadBytes: number) => void;

/**
 * What an open file is when it is decompressed, from the beginning to the end or to where it is damaged. A stream would
 * throw away, with the error, what it has decompressed before.
 */
export class Gunzip {
  readonly #handle: FileHandle;
  readonly #onDamage: OnDamage;
  readonly #gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  readonly #pieces: Buffer[] = [];
  #offset = 0;
  #isOver = false;
  /** Of the step that is being made. */
  #made = Promise.withResolvers<void>();

  constructor(handle: FileHandle, onDamage: OnDamage) {
    this.#handle = handle;
    this.#onDamage = onDamage;
    this.#gunzip
      .on('data', (piece: Buffer) => this.#pieces.push(piece))
      .on('error', error => this.#made.reject(error))
      // Also where something stands behind what was compressed.
      .on('end', () => {
        this.#isOver = true;
        this.#made.resolve();
      });
  }

  /** Fills `into`, as far as there is so much; 0 at the end. */
  async read(into: Buffer): Promise<number> {
    let filled = 0;
    while (filled < into.length) {
      const piece = this.#pieces.shift();
      if (piece !== undefined) {
        const bytes = piece.copy(into, filled);
        filled += bytes;
        if (bytes < piece.length) this.#pieces.unshift(piece.subarray(bytes));
      } else if (this.#isOver) break;
      else await this.#step();
    }
    return filled;
  }

  close(): void {
    this.#gunzip.destroy();
  }

  /** Decompresses a little more. */
  async #step(): Promise<void> {
    const bytes = Buffer.allocUnsafe(STEP_BYTES);
    const { bytesRead } = await this.#handle.read(bytes, 0, STEP_BYTES, this.#offset);
    this.#offset += bytesRead;
    const made = Promise.withResolvers<void>();
    this.#made = made;
    // Of an error `error` tells.
    if (bytesRead > 0) this.#gunzip.write(bytes.subarray(0, bytesRead), error => !error && made.resolve());
    else this.#gunzip.end();
    try {
      await made.promise;
    } catch (error) {
      if (!systemCode(error).startsWith('Z_')) throw error;
      this.#isOver = true;
      const { size } = await this.#handle.stat();
      this.#onDamage(errorText(error), size - this.#gunzip.bytesWritten);
    }
  }
}
