import type { BigIntStats } from 'node:fs';
import { archiveFormat, plainPath } from './compression.ts';
import { birthOf, fileId, headOf, isOlder, NO_HEAD, positionAt, regularFile } from './identity.ts';
import { openFile } from './open-file.ts';
import type { Reader } from './reader.ts';
import type { Tailer } from './tailer.ts';

/** An open file that may be a copy of another one. */
export interface Candidate {
  readonly path: string;
  readonly stat: BigIntStats;
  readonly reader: Reader;
}

/**
 * Whether a file begins as a known one does now: it may be a copy that is being made. `unread`: nothing was read of
 * the known one yet, so that soon more can be said.
 */
export async function isBeingCopied(
  { stat, reader }: Candidate,
  { path, id, meta }: Tailer,
  followSymlinks: boolean,
): Promise<boolean | 'unread'> {
  // No copy is older than what it is copied from.
  if (stat.birthtimeNs > 0n && isOlder(stat, birthOf(meta))) return false;
  const plain = await openFile(path, id, NO_HEAD, followSymlinks);
  if (typeof plain === 'string') return false;
  try {
    const otherwise = meta.headBytes === 0 && 'unread';
    // No copy is longer than what it is copied from.
    const end = await reader.endBy(plain.sizeBytes + 1);
    if (end > plain.sizeBytes || !(await reader.hasHead(await headOf(plain.handle, end)))) return otherwise;
    return (await reader.hasBefore(await positionAt(plain.handle, end, false))) || otherwise;
  } finally {
    await plain.handle.close();
  }
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
  if (meta.headBytes === 0) return isNamedAfter(path, tailer) ? 'whole' : 'other';
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

function isNamedAfter(path: string, tailer: Tailer): boolean {
  return archiveFormat(path) !== undefined && plainPath(path) === tailer.path;
}
