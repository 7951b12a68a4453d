import type { BigIntStats } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type FileId, type FileTrack, fileId, isAbsence, regularFile, statFile } from './identity.ts';
import { decodePath, diskPath } from './paths.ts';
import { isRotatedName } from './rotated-names.ts';

/** Where rotation put a file that was last seen at `lastPath`; `undefined` when it is not in that folder any more. */
export async function findRenamed(lastPath: string, id: FileId): Promise<string | undefined> {
  const stem = basename(lastPath).replace(/\.[^.]*$/, '');
  try {
    return (await findInFolder(dirname(lastPath), new Set([id]), stem)).get(id);
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

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
  afterNs: bigint,
  beforeNs: bigint,
): Promise<readonly Missed[]> {
  const missed: Missed[] = [];
  for (const name of await listNames(dirname(path))) {
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
    const found = await findInFolder(folder, new Set(inFolder.map(({ meta }) => fileId(meta))));
    for (const track of inFolder) {
      const path = found.get(fileId(track.meta));
      if (path !== undefined) renamed.push([track, path]);
      else if (`${stat.dev}` === track.meta.dev) deleted.push(track);
    }
  }
  return { renamed, deleted };
}

/** Paths of files in one folder by identity; names that begin with `stem` are tried first. */
async function findInFolder(
  folder: string,
  wanted: ReadonlySet<FileId>,
  stem = '',
): Promise<ReadonlyMap<FileId, string>> {
  const names = await listNames(folder);
  const likely = names.filter(name => name.startsWith(stem));
  const others = names.filter(name => !name.startsWith(stem));
  const found = new Map<FileId, string>();
  for (const name of [...likely, ...others]) {
    if (found.size === wanted.size) break;
    const path = join(folder, name);
    const stat = await regularFile(path, false);
    if (stat !== undefined && wanted.has(fileId(stat))) found.set(fileId(stat), path);
  }
  return found;
}

async function listNames(folder: string): Promise<string[]> {
  return (await readdir(diskPath(folder), { encoding: 'buffer' })).map(decodePath);
}
