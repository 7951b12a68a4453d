import type { FileHandle } from 'node:fs/promises';
import { CHECK_BYTES, checkBefore, type FilePosition } from './identity.ts';

/**
 * What was found at a position. `changed`: the bytes before it are not those that were read, so the file was
 * truncated or written anew. Else `bytes[from … to)` of the buffer is what follows the position.
 */
export type Read = { readonly isChanged: true } | { readonly isChanged: false; from: number; to: number };

/**
 * Reads what follows `position` into `into`, with the bytes before it in the same call: whatever happens to
 * the file, what is read belongs to what was read before, or it is not taken. At most `limitBytes` follow.
 */
export async function readAfter(
  handle: FileHandle,
  position: FilePosition,
  into: Buffer,
  limitBytes: number,
): Promise<Read> {
  const before = Math.min(CHECK_BYTES, position.offset);
  const length = Math.min(into.length, before + limitBytes);
  const { bytesRead } = await handle.read(into, 0, length, position.offset - before);
  if (bytesRead < before || checkBefore(into, before) !== position.check) return { isChanged: true };
  return { isChanged: false, from: before, to: bytesRead };
}

/** The position that lies at index `end` of a buffer in which `position` is at index `from`. */
export function positionIn(
  buffer: Buffer,
  from: number,
  end: number,
  position: FilePosition,
  isCut: boolean,
): FilePosition {
  return { offset: position.offset + end - from, check: checkBefore(buffer, end), isCut };
}
