import type { FileHandle } from 'node:fs/promises';

const PIECE_BYTES = 256 * 1024;

/** What stands in an open file from `start` on, in pieces. A stream of the handle's own would close it, or never let go. */
export async function* piecesOf(handle: FileHandle, start = 0): AsyncGenerator<Buffer> {
  for (let at = start; ; ) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(PIECE_BYTES), 0, PIECE_BYTES, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
