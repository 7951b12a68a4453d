import type { BigIntStats } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  type Birth,
  type FileId,
  type FileMeta,
  type FileTrack,
  fileId,
  isAbsence,
  isOlder,
  isSameInode,
  isSystemError,
  knowsBirths,
  regularFile,
  statFile,
} from './identity.ts';
import { decodePath, diskPath } from './paths.ts';
import { isRotatedName } from './rotated-names.ts';
import type { Tailer } from './tailer.ts';

/** A file that stood at a path and was renamed to another. */
export interface Missed {
  readonly renamedTo: string;
  readonly stat: BigIntStats;
}

/** Which files are looked for that stood at a path unseen. */
export interface MissedSearch {
  /** Those that were not born before this, */
  readonly afterNs: bigint;
  /** and are older than this one; all others where nothing stands there now. */
  readonly next: Birth | undefined;
  readonly isKnown: (stat: BigIntStats) => boolean;
  /** In a folder of more files nothing is looked for. */
  readonly maxNames: number;
}

/** A folder of more files takes long to look through. */
export const LARGE_FOLDER = 1_000;
/** Where there are more folders none is looked into. */
const MAX_FOLDERS = 100;
/** A folder that changes while it is listed is listed again, so often at most. */
const MAX_LISTINGS = 10;
const STAT_AT_ONCE = 64;

/**
 * Files that stood at `path` and were rotated away before anyone looked, the oldest first; `undefined` in a folder of
 * too many files. Where the file system does not know when files were born, none is trusted.
 */
export async function findMissed(
  path: string,
  { afterNs, next, isKnown, maxNames }: MissedSearch,
): Promise<readonly Missed[] | undefined> {
  const folder = dirname(path);
  const missed = new Map<FileId, Missed>();
  const isMissed = (stat: BigIntStats): boolean =>
    stat.birthtimeNs >= afterNs && (next === undefined || isOlder(stat, next)) && !isKnown(stat);
  let isTooLarge = false;
  await listUntilStill(folder, async names => {
    isTooLarge = names.length > maxNames;
    if (isTooLarge) return true;
    const rotated = names.filter(name => isRotatedName(name, basename(path)));
    for await (const [renamedTo, stat] of filesOf(folder, rotated))
      if (isMissed(stat)) missed.set(fileId(stat), { renamedTo, stat });
    return false;
  });
  if (isTooLarge) return undefined;
  if (missed.size === 0 || !(await knowsBirths(folder))) return [];
  return [...missed.values()].sort((a, b) => (isOlder(a.stat, b.stat) ? -1 : 1));
}

/** What became of files that are remembered and stand at no path that matches. */
export interface LeftBehind {
  /** Renamed, with the path where they are now. */
  readonly renamed: readonly (readonly [FileTrack, string])[];
  readonly deleted: readonly FileTrack[];
}

/**
 * Looks for remembered files in their folders. Of folders that are not there, not mounted, or may not be looked into,
 * nothing is said.
 */
export async function findLeftBehind(tracks: readonly FileTrack[]): Promise<LeftBehind> {
  const renamed: (readonly [FileTrack, string])[] = [];
  const deleted: FileTrack[] = [];
  for (const [folder, inFolder = []] of Map.groupBy(tracks, ({ meta }) => dirname(meta.path))) {
    const stat = await orNothing(statFile(folder, true));
    if (stat === undefined) continue;
    const wanted = inFolder.map(({ meta }) => ({ path: meta.path, meta }));
    const found = await orNothing(findNearby(folder, wanted));
    if (found === undefined) continue;
    for (const track of inFolder) {
      const path = found.get(fileId(track.meta)) ?? (await findAt(track.meta, track.meta.lastPath));
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

/** Where a file is that is not in its folder any more: where its descriptor is, or where it was seen before. */
export async function findElsewhere({ meta, descriptor }: Tailer): Promise<string | undefined> {
  return (await findAt(meta, descriptor.path)) ?? (await findAt(meta, meta.lastPath));
}

async function findAt(meta: FileMeta, path: string | undefined): Promise<string | undefined> {
  const stat = path === undefined ? undefined : await orNothing(regularFile(path, true));
  return stat !== undefined && isSameInode(meta, stat) ? path : undefined;
}

/** Looks in the folders of a folder, too: rotation may put files aside there. Those that may not be looked into are left out. */
async function findNearby(folder: string, wanted: readonly Wanted[]): Promise<ReadonlyMap<FileId, string>> {
  const found = new Map(await findInFolder(folder, wanted));
  for (const name of await listFolders(folder)) {
    const left = wanted.filter(({ meta }) => !found.has(fileId(meta)));
    if (left.length === 0) break;
    const there = await orNothing(findInFolder(join(folder, name), left));
    for (const [id, path] of there ?? []) found.set(id, path);
  }
  return found;
}

/** `undefined` where the file system refuses. */
async function orNothing<T>(look: Promise<T>): Promise<T | undefined> {
  try {
    return await look;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return undefined;
  }
}

/** Paths of files in one folder by identity; names that begin like the old ones are tried first. */
export async function findInFolder(
  folder: string,
  wanted: readonly Wanted[],
): Promise<ReadonlyMap<FileId, string>> {
  const metas = new Map(wanted.map(({ meta }) => [fileId(meta), meta]));
  const stem = wanted.length === 1 ? basename(wanted[0]!.path).replace(/\.[^.]*$/, '') : '';
  const found = new Map<FileId, string>();
  await listUntilStill(folder, async names => {
    const likely = names.filter(name => name.startsWith(stem));
    const others = names.filter(name => !name.startsWith(stem));
    for await (const [path, stat] of filesOf(folder, [...likely, ...others])) {
      const meta = metas.get(fileId(stat));
      if (meta !== undefined && isSameInode(meta, stat)) found.set(fileId(stat), path);
      if (found.size === metas.size) return true;
    }
    return names.length > LARGE_FOLDER;
  });
  return found;
}

/**
 * Has the names in a folder looked at, until `look` resolves with `true` or nothing changes there any more: files that
 * are renamed meanwhile may not be met, or twice.
 */
async function listUntilStill(
  folder: string,
  look: (names: readonly string[]) => Promise<boolean>,
): Promise<void> {
  for (let listings = 0; listings < MAX_LISTINGS; listings++) {
    const before = await statFile(folder, true);
    if (await look(await listNames(folder))) return;
    const after = await statFile(folder, true);
    if (before?.ctimeNs === after?.ctimeNs) return;
  }
}

/** The regular files that stand in a folder under these names, in their order. */
async function* filesOf(folder: string, names: readonly string[]): AsyncGenerator<[string, BigIntStats]> {
  for (let i = 0; i < names.length; i += STAT_AT_ONCE) {
    const paths = names.slice(i, i + STAT_AT_ONCE).map(name => join(folder, name));
    const stats = await Promise.all(paths.map(path => regularFile(path, false)));
    for (const [n, stat] of stats.entries()) if (stat !== undefined) yield [paths[n]!, stat];
  }
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

/** The names of the folders in a folder; none where they are too many. */
async function listFolders(folder: string): Promise<string[]> {
  const entries = await readdir(diskPath(folder), { encoding: 'buffer', withFileTypes: true });
  const folders = entries.filter(entry => entry.isDirectory()).map(({ name }) => decodePath(name));
  return folders.length > MAX_FOLDERS ? [] : folders;
}
