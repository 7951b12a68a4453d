import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { archiveFormat, plainPath } from './compression.ts';
import type { TailedFile } from './file-index.ts';
import {
  birthOf,
  fileId,
  hasHead,
  hasPosition,
  headOf,
  isOlder,
  NO_HEAD,
  positionAt,
  regularFile,
} from './identity.ts';
import { type Opened, openFile } from './open-file.ts';
import type { Reader } from './reader.ts';
import { rotatedFrom } from './rotated-names.ts';
import type { Tailer } from './tailer.ts';

/** An open file that may be a copy of another one. */
export interface Candidate {
  readonly path: string;
  readonly stat: BigIntStats;
  readonly reader: Reader;
}

/**
 * What a file is to a known one that is not gone. `copy`: it begins as the known one does now; `unread`: nothing was
 * read of the known one yet, so that soon more can be said; `changed`: the known one is not what was read, so that
 * there is only what was read to compare with; `other`: it is something else.
 */
export async function compareToStanding(
  candidate: Candidate,
  tailer: Tailer,
  followSymlinks: boolean,
): Promise<'copy' | 'unread' | 'changed' | 'other'> {
  const { meta } = tailer;
  const { birthtimeNs } = candidate.stat;
  const bornNs = BigInt(meta.born);
  // No copy is older than what it is copied from.
  if (birthtimeNs > 0n && birthtimeNs < bornNs) return 'other';
  const plain = await openKnown(tailer, followSymlinks);
  if (typeof plain === 'string') return 'changed';
  try {
    if (await isBeginning(candidate, plain)) return 'copy';
    // Of two that were born in one tick of the clock the one with the name of a rotated file came first.
    if (meta.headBytes === 0) return birthtimeNs > 0n && birthtimeNs === bornNs ? 'other' : 'unread';
    return (await isAsRead(plain.handle, tailer)) ? 'other' : 'changed';
  } finally {
    await plain.handle.close();
  }
}

/** Whether a file begins as one of those that are known and were not compressed, or holds what was read of one. */
export async function isCopyOf(
  candidate: Candidate,
  files: readonly TailedFile[],
  followSymlinks: boolean,
): Promise<boolean> {
  for (const { tailer } of files) {
    if (tailer.meta.archive !== undefined) continue;
    const relation = await compareToStanding(candidate, tailer, followSymlinks);
    if (relation === 'copy') return true;
    const isNotThere = relation === 'changed' && tailer.meta.headBytes > 0;
    if (isNotThere && (await compareToGone(candidate, tailer, true)) !== 'other') return true;
  }
  return false;
}

/** Opens a known file, at its path or wherever it is open. */
async function openKnown({ path, id, descriptor }: Tailer, followSymlinks: boolean): Promise<Opened> {
  const opened = await openFile(path, id, NO_HEAD, followSymlinks);
  if (opened !== 'absent' || descriptor.ownPath === undefined) return opened;
  return openFile(descriptor.ownPath, id, NO_HEAD, true);
}

/** Whether a file begins as the one at `original` does now. */
export async function isBeginningOf(
  candidate: Candidate,
  original: string,
  followSymlinks: boolean,
): Promise<boolean> {
  const stat = await regularFile(original, followSymlinks);
  const plain = stat && (await openFile(original, fileId(stat), NO_HEAD, followSymlinks));
  if (plain === undefined || typeof plain === 'string') return false;
  try {
    return await isBeginning(candidate, plain);
  } finally {
    await plain.handle.close();
  }
}

/** Whether what was read of a known file is not in it any more, or it is not where it was. */
export async function hasChanged(tailer: Tailer, followSymlinks: boolean): Promise<boolean> {
  const plain = await openFile(tailer.path, tailer.id, NO_HEAD, followSymlinks);
  if (typeof plain === 'string') return true;
  try {
    return !(await isAsRead(plain.handle, tailer));
  } finally {
    await plain.handle.close();
  }
}

async function isAsRead(handle: FileHandle, { meta, progress }: Tailer): Promise<boolean> {
  return (await hasHead(handle, meta)) && hasPosition(handle, progress.seenTo);
}

/** No copy is longer than what it is copied from, which may grow meanwhile. */
async function isBeginning(
  { path, stat, reader }: Candidate,
  { handle, sizeBytes }: Exclude<Opened, string>,
): Promise<boolean> {
  const isPlain = archiveFormat(path) === undefined;
  const end = isPlain ? Number(stat.size) : await reader.endBy(sizeBytes + 1);
  if (end > sizeBytes || !(await reader.hasHead(await headOf(handle, end)))) return false;
  return reader.hasBefore(await positionAt(handle, end, false));
}

/**
 * What a file is to a known one that is gone. `whole`: it holds all that was read, and perhaps more; `part`: it is the
 * beginning of what was read, copied while more was written; `other`: it is something else.
 */
export async function compareToGone(
  { path, stat, reader }: Candidate,
  tailer: Tailer,
  isGone: boolean,
): Promise<'whole' | 'part' | 'other'> {
  const { meta, progress } = tailer;
  const { seenTo } = progress;
  // Nothing was read of it: there is only its name to go by.
  if (meta.headBytes === 0) return isNamedAfter(path, stat, tailer) ? 'whole' : 'other';
  if (!(await reader.hasHead(meta))) return 'other';
  const end = await reader.endBy(seenTo.offset);
  if (end === seenTo.offset) return (await reader.hasBefore(seenTo)) ? 'whole' : 'other';
  // Many files begin alike: what was read a moment ago has to be there, too.
  const last = progress.lastBy(end);
  if (last !== undefined) return (await reader.hasBefore(last)) ? 'part' : 'other';
  // So much was read since that its end is not remembered. A file that was emptied where it stands has a copy, which is
  // younger; where it was renamed, what begins like it is another one.
  return isOlder(birthOf(meta), stat) && (await wasEmptied(tailer, isGone)) ? 'part' : 'other';
}

/** Whether the file still stands where it stood, with other content. */
async function wasEmptied({ path, id, meta, progress }: Tailer, isGone: boolean): Promise<boolean> {
  const stat = await regularFile(path, true);
  if (stat === undefined || fileId(stat) !== id || stat.birthtimeNs !== BigInt(meta.born)) return false;
  return isGone || Number(stat.size) < progress.seenTo.offset;
}

/** By the name that it had last, or by one that rotation makes of that, when it was written after it was made. */
function isNamedAfter(path: string, { mtimeMs }: BigIntStats, { path: last, meta }: Tailer): boolean {
  if (archiveFormat(path) === undefined) return false;
  const plain = plainPath(path);
  // Some tools keep no more than milliseconds of the time of what they compress.
  return plain === last || (rotatedFrom(plain) === last && mtimeMs >= BigInt(meta.born) / 1_000_000n);
}
