import type { BigIntStats } from 'node:fs';
import { archiveFormat, plainPath } from './compression.ts';
import { headOf, NO_HEAD, positionAt } from './identity.ts';
import { openFile } from './open-file.ts';
import type { Reader } from './reader.ts';
import type { Tailer } from './tailer.ts';

/** An open file that may be a copy of another one. */
export interface Candidate {
  readonly path: string;
  readonly stat: BigIntStats;
  readonly reader: Reader;
}

/** Whether a file begins as a known one does now: it may be a copy that is being made. */
export async function isBeingCopied(
  { reader }: Candidate,
  { path, id }: Tailer,
  followSymlinks: boolean,
): Promise<boolean> {
  const plain = await openFile(path, id, NO_HEAD, followSymlinks);
  if (typeof plain === 'string') return false;
  try {
    // No copy is longer than what it is copied from.
    const end = await reader.endBy(plain.sizeBytes + 1);
    if (end > plain.sizeBytes || !(await reader.hasHead(await headOf(plain.handle, end)))) return false;
    return await reader.hasBefore(await positionAt(plain.handle, end, false));
  } finally {
    await plain.handle.close();
  }
}

/**
 * What a file is to a known one that is gone. `whole`: it holds all that was read, and perhaps more; `part`: it is the
 * beginning of what was read; `other`: it is something else.
 */
export async function compareToGone(
  { path, stat, reader }: Candidate,
  tailer: Tailer,
): Promise<'whole' | 'part' | 'other'> {
  const { meta, seenTo } = tailer;
  // Nothing was read of it: there is only its name to go by.
  if (meta.headBytes === 0) return isNamedAfter(path, tailer) ? 'whole' : 'other';
  if (!(await reader.hasHead(meta))) return 'other';
  if ((await reader.endBy(seenTo.offset)) === seenTo.offset)
    return (await reader.hasBefore(seenTo)) ? 'whole' : 'other';
  // Other files begin like this one, too, but they are older.
  return stat.birthtimeNs > BigInt(meta.born) ? 'part' : 'other';
}

function isNamedAfter(path: string, tailer: Tailer): boolean {
  return archiveFormat(path) !== undefined && plainPath(path) === tailer.path;
}
