import { constants, readlinkSync } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import {
  type Archive,
  type FileId,
  fileId,
  type Head,
  hasHead,
  isAbsence,
  isSameBirth,
  isSystemError,
} from './identity.ts';
import { decodePath, diskPath } from './paths.ts';

/** An open file with its size, or why it is not the one that was looked for. */
export type Opened =
  | { readonly handle: FileHandle; readonly sizeBytes: number; readonly modifiedMs: number }
  /** The path leads nowhere, or to another file. */
  | 'absent'
  /** It is the same inode with another beginning. */
  | 'changed';

/**
 * Opens the file `id` at `path` and proves that it begins as remembered; of what is compressed that is proved when
 * it is read. Rejects where the file system refuses.
 * A FIFO that was put in its place meanwhile cannot block it: such an open returns at once and is refused.
 */
export async function openFile(
  path: string,
  id: FileId,
  known: Head & { readonly archive?: Archive; readonly born?: string },
  followSymlinks: boolean,
): Promise<Opened> {
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | (followSymlinks ? 0 : constants.O_NOFOLLOW);
  let handle: FileHandle;
  try {
    handle = await open(diskPath(path), flags);
  } catch (error) {
    if (isAbsence(error)) return 'absent';
    throw error;
  }
  try {
    const stat = await handle.stat({ bigint: true });
    const isBorn = known.born === undefined || isSameBirth({ born: known.born }, stat);
    const isIt = stat.isFile() && fileId(stat) === id && isBorn;
    if (isIt && (known.archive !== undefined || (await hasHead(handle, known)))) {
      return { handle, sizeBytes: Number(stat.size), modifiedMs: Number(stat.mtimeMs) };
    }
    await handle.close();
    return isIt ? 'changed' : 'absent';
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** What Linux appends to the path of a file that was deleted. */
const DELETED = ' (deleted)';

/**
 * Where an open file is now, whatever it was renamed to; `undefined` where the system does not say, or it was deleted.
 * Linux asks no disk for it, so it does not wait for one.
 */
export function pathOfDescriptor(fd: number): string | undefined {
  try {
    const path = decodePath(readlinkSync(`/proc/self/fd/${fd}`, { encoding: 'buffer' }));
    return path.endsWith(DELETED) ? undefined : path;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return undefined;
  }
}

/** Where links lead that stand at a path or on the way to it; `undefined` where that cannot be known. */
export async function realPath(path: string): Promise<string | undefined> {
  try {
    return decodePath(await realpath(diskPath(path), { encoding: 'buffer' }));
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return undefined;
  }
}
