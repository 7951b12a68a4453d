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
  orNothing,
  regularFile,
  statFile,
} from './identity.ts';
import { decodePath, diskPath } from './paths.ts';
import type { Tailer } from './tailer.ts';

/** A folder of more files takes long to look through. */
export const LARGE_FOLDER = 1_000;
/** Where there are more folders none is looked into. */
const MAX_FOLDERS = 100;
/** Files that are renamed while their folder is listed have it listed again, so often at most. */
const MAX_LISTINGS = 50;
const STAT_AT_ONCE = 64;

/** Files and the paths at which they were seen. */
type Sighting = ReadonlyMap<FileId, string>;

/** What became of files that are remembered and stand at no path that matches. */
export interface LeftBehind {
  /** Renamed, with the path where they are now. */
  readonly renamed: readonly (readonly [FileTrack, string])[];
  readonly deleted: readonly FileTrack[];
}

/**
 * Looks for remembered files in their folders, and in those beside them. Of folders that are not there, not mounted, or
 * may not be looked into, nothing is said.
 */
export async function findLeftBehind(tracks: readonly FileTrack[]): Promise<LeftBehind> {
  const renamed: (readonly [FileTrack, string])[] = [];
  const deleted: FileTrack[] = [];
  for (const [folder, inFolder = []] of Map.groupBy(tracks, ({ meta }) => dirname(meta.path))) {
    const stat = await orNothing(statFile(folder, true));
    const wanted = inFolder.map(({ meta }) => ({ path: meta.path, meta }));
    const found = stat && (await orNothing(findNearby(folder, wanted)));
    const beside = await foldersBeside(folder);
    // What is older than the folder that stands there was in another one.
    const wasElsewhere = ({ born }: FileMeta): boolean =>
      stat === undefined || BigInt(born) < stat.birthtimeNs;
    for (const track of inFolder) {
      const { meta } = track;
      const path =
        // An inode that is used again may be that of several.
        (await findAt(meta, found?.get(fileId(meta)))) ??
        (await findAt(meta, meta.lastPath)) ??
        (wasElsewhere(meta) ? await findIn(beside, meta) : undefined);
      if (path !== undefined) renamed.push([track, path]);
      else if (found !== undefined && `${stat?.dev}` === meta.dev) deleted.push(track);
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

/** Whether a file is in its folder, or elsewhere where it may be expected. */
export async function isSomewhere(tailer: Tailer): Promise<boolean> {
  const found = await findInFolder(dirname(tailer.path), [tailer]);
  return found.size > 0 || (await findElsewhere(tailer)) !== undefined;
}

async function findAt(meta: FileMeta, path: string | undefined): Promise<string | undefined> {
  const stat = path === undefined ? undefined : await orNothing(regularFile(path, true));
  return stat !== undefined && isSameInode(meta, stat) ? path : undefined;
}

/** The folders beside one, which may be it under a new name. */
async function foldersBeside(folder: string): Promise<readonly string[]> {
  const parent = dirname(folder);
  return ((await orNothing(listFolders(parent))) ?? []).map(name => join(parent, name));
}

/** Where a file is that went with its folder. */
async function findIn(folders: readonly string[], meta: FileMeta): Promise<string | undefined> {
  for (const folder of folders) {
    const path = await findAt(meta, join(folder, basename(meta.path)));
    if (path !== undefined) return path;
  }
  return undefined;
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

/** Paths of files in one folder by identity; names that begin like the old ones are tried first. */
export async function findInFolder(
  folder: string,
  wanted: readonly Wanted[],
): Promise<ReadonlyMap<FileId, string>> {
  const metas = Map.groupBy(
    wanted.map(({ meta }) => meta),
    fileId,
  );
  const stem = wanted.length === 1 ? basename(wanted[0]!.path).replace(/\.[^.]*$/, '') : '';
  const found = new Map<FileId, string>();
  await listUntilStill(folder, async names => {
    const likely = names.filter(name => name.startsWith(stem));
    const others = names.filter(name => !name.startsWith(stem));
    const seen = new Map<FileId, string>();
    for await (const [path, stat] of filesOf(folder, [...likely, ...others])) {
      const isWanted = metas.get(fileId(stat))?.some(meta => isSameInode(meta, stat)) ?? false;
      if (isWanted) found.set(fileId(stat), path);
      if (found.size === metas.size) return undefined;
      seen.set(fileId(stat), path);
    }
    return names.length > LARGE_FOLDER ? undefined : seen;
  });
  return found;
}

/**
 * The regular files in a folder under names that are likely, as they stand when none of them is renamed any more;
 * `undefined` where there are more names than `maxNames`.
 */
export async function filesWhenStill(
  folder: string,
  isLikely: (name: string) => boolean,
  maxNames = Number.POSITIVE_INFINITY,
): Promise<readonly (readonly [string, BigIntStats])[] | undefined> {
  const files = new Map<FileId, readonly [string, BigIntStats]>();
  let isTooLarge = false;
  await listUntilStill(folder, async names => {
    isTooLarge = names.length > maxNames;
    if (isTooLarge) return undefined;
    files.clear();
    for await (const file of filesOf(folder, names.filter(isLikely))) files.set(fileId(file[1]), file);
    return new Map(Array.from(files, ([id, [path]]) => [id, path]));
  });
  return isTooLarge ? undefined : [...files.values()];
}

/**
 * Has the names in a folder looked at, until `look` says twice what it sees and it is the same, or says nothing: files
 * that are renamed meanwhile may not be met, or twice.
 */
async function listUntilStill(
  folder: string,
  look: (names: readonly string[]) => Promise<Sighting | undefined>,
): Promise<void> {
  let last: Sighting | undefined;
  for (let listings = 0; listings < MAX_LISTINGS; listings++) {
    const seen = await look(await listNames(folder));
    if (seen === undefined || (last !== undefined && isSame(seen, last))) return;
    last = seen;
  }
}

function isSame(a: Sighting, b: Sighting): boolean {
  return a.size === b.size && [...a].every(([id, path]) => b.get(id) === path);
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
