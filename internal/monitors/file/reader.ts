import type { FileHandle } from 'node:fs/promises';
import type { Found } from '../finder.ts';
import { CHECK_BYTES, checkBefore, type FilePosition, type Head, hasHead, hasPosition } from './identity.ts';

/**
 * What was found at a position. `changed`: the bytes before it are not those that were read, so the file was
 * truncated or written anew. Else `bytes[from … to)` of the buffer is what follows the position.
 */
export type Read = { readonly isChanged: true } | { readonly isChanged: false; from: number; to: number };

/** Reads one open file. */
export interface Reader {
  /** The descriptor's number. */
  readonly fd: number;
  /**
   * Reads what follows `position` into `into`, with the bytes before it in the same call: whatever happens to
   * the file, what is read belongs to what was read before, or it is not taken. At most `limitBytes` follow.
   */
  readAfter(position: FilePosition, into: Buffer, limitBytes: number): Promise<Read>;
  /** How many bytes there are, or `limitBytes` where there are more. */
  endBy(limitBytes: number): Promise<number>;
  /** Whether it begins as remembered. */
  hasHead(head: Head): Promise<boolean>;
  /** Whether what stands before a position is what was read there. */
  hasBefore(position: FilePosition): Promise<boolean>;
  close(): Promise<void>;
}

/** Reads a file as it stands there. */
export class PlainReader implements Reader {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  get fd(): number {
    return this.#handle.fd;
  }

  async readAfter(position: FilePosition, into: Buffer, limitBytes: number): Promise<Read> {
    const before = Math.min(CHECK_BYTES, position.offset);
    const length = Math.min(into.length, before + limitBytes);
    const { bytesRead } = await this.#handle.read(into, 0, length, position.offset - before);
    return readOf(position, into, before, bytesRead);
  }

  async endBy(limitBytes: number): Promise<number> {
    const { size } = await this.#handle.stat();
    return Math.min(size, limitBytes);
  }

  hasHead(head: Head): Promise<boolean> {
    return hasHead(this.#handle, head);
  }

  hasBefore(position: FilePosition): Promise<boolean> {
    return hasPosition(this.#handle, position);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** What `bytesRead` bytes say that begin `before` bytes before a position. */
export function readOf(position: FilePosition, bytes: Buffer, before: number, bytesRead: number): Read {
  if (bytesRead < before || checkBefore(bytes, before) !== position.check) return { isChanged: true };
  return { isChanged: false, from: before, to: bytesRead };
}

/** Where a read ended, in a buffer in which `position` is at index `from`. */
export function positionIn(
  buffer: Buffer,
  from: number,
  position: FilePosition,
  { consumed, isCut, outputs }: Pick<Found, 'consumed' | 'isCut' | 'outputs'>,
): FilePosition {
  const offset = position.offset + consumed - from;
  const end = { offset, check: checkBefore(buffer, consumed), isCut };
  return outputs === undefined ? end : { ...end, outputs };
}
