import type { BigIntStats } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  type FileId,
  type FileMeta,
  type FileTrack,
  fileId,
  isAbsence,
  isSameInode,
  regularFile,
  statFile,
} from './identity.ts';
import { decodePath, diskPath } from './paths.ts';
import { isRotatedName } from './rotated-names.ts';

/** A file that stood at a path and was renamed to another. */
export interface Missed {
  readonly renamedTo: string;
  readonly stat: BigIntStats;
}

/**
 * Files that stood at `path` and were rotated away before anyone looked: born after the last one that is known,
 * and before the one that stands there now; the oldest first. A file system that does not know when a file was
 * born gives the time of its last change: such files are not trusted.
 */
export async function findMissed(
  path: string,
  names: readonly string[],
  afterNs: bigint,
  beforeNs: bigint,
): Promise<readonly Missed[]> {
  const missed: Missed[] = [];
  for (const name of names) {
    if (!isRotatedName(name, basename(path))) continue;
    const renamedTo = join(dirname(path), name);
    const stat = await regularFile(renamedTo, false);
    if (stat === undefined || stat.birthtimeNs === stat.ctimeNs) continue;
    if (stat.birthtimeNs > afterNs && stat.birthtimeNs < beforeNs) missed.push({ renamedTo, stat });
  }
  return missed.sort((a, b) => (a.stat.birthtimeNs < b.stat.birthtimeNs ? -1 : 1));
}

/** What became of files that are remembered and stand at no path that matches. */
export interface LeftBehind {
  /** Renamed, with the path where they are now. */
  readonly renamed: readonly (readonly [FileTrack, string])[];
  readonly deleted: readonly FileTrack[];
}

/** Looks for remembered files in their folders. Of folders that are not there, or not mounted, nothing is said. */
export async function findLeftBehind(tracks: readonly FileTrack[]): Promise<LeftBehind> {
  const renamed: (readonly [FileTrack, string])[] = [];
  const deleted: FileTrack[] = [];
  for (const [folder, inFolder = []] of Map.groupBy(tracks, ({ meta }) => dirname(meta.path))) {
    const stat = await statFile(folder, true);
    if (stat === undefined) continue;
    const found = await findInFolder(
      folder,
      inFolder.map(({ meta }) => ({ path: meta.path, meta })),
    );
    for (const track of inFolder) {
      const path = found.get(fileId(track.meta));
      if (path !== undefined) renamed.push([track, path]);
      else if (`${stat.dev}` === track.meta.dev) deleted.push(track);
    }
  }
  return { renamed, deleted };
}

/** A file that is looked for, and where it was. */
export interface Wanted {
  readonly path: string;
  readonly meta: FileMeta;
}

/** Paths of files in one folder by identity; names that begin like the old ones are tried first. */
export async function findInFolder(
  folder: string,
  wanted: readonly Wanted[],
): Promise<ReadonlyMap<FileId, string>> {
  const metas = new Map(wanted.map(({ meta }) => [fileId(meta), meta]));
  const stem = wanted.length === 1 ? basename(wanted[0]!.path).replace(/\.[^.]*$/, '') : '';
  const names = await listNames(folder);
  const likely = names.filter(name => name.startsWith(stem));
  const others = names.filter(name => !name.startsWith(stem));
  const found = new Map<FileId, string>();
  for (const name of [...likely, ...others]) {
    if (found.size === metas.size) break;
    const path = join(folder, name);
    const stat = await regularFile(path, false);
    const meta = stat && metas.get(fileId(stat));
    if (stat !== undefined && meta !== undefined && isSameInode(meta, stat)) found.set(fileId(stat), path);
  }
  return found;
}

/** The names in a folder; none where there is no such folder. */
export async function listNames(folder: string): Promise<string[]> {
  try {
    return (await readdir(diskPath(folder), { encoding: 'buffer' })).map(decodePath);
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
}
