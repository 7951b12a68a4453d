import type { BigIntStats, Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { PathRules } from './globs.ts';
import { fileId, statFile } from './identity.ts';
import { decodePath, diskPath } from './paths.ts';

export interface ScanOptions {
  readonly followSymlinks: boolean;
  /** Called for a folder that cannot be listed; the scan goes on. */
  readonly onError: (folder: string, error: unknown) => void;
}

/** What a folder holds. */
export interface Listing {
  /** Paths that match, whatever stands there. */
  readonly paths: readonly string[];
  /** Folders that may hold more. */
  readonly folders: readonly string[];
}

/** Every path that matches. Folders are visited once, however many links lead to them; `list` says what one holds. */
export async function scan(
  rules: PathRules,
  options: ScanOptions,
  list: (folder: string, stat: BigIntStats) => Promise<Listing> = folder =>
    listFolder(folder, rules, options.followSymlinks),
): Promise<string[]> {
  const visited = new Set<string>();
  const found: string[] = [];
  const folders = [...rules.folders];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    try {
      const stat = await statFile(folder, true);
      if (stat === undefined || visited.has(fileId(stat))) continue;
      visited.add(fileId(stat));
      const listing = await list(folder, stat);
      for (const path of listing.paths) found.push(path);
      folders.push(...listing.folders);
    } catch (error) {
      options.onError(folder, error);
    }
  }
  return found;
}

/** What one folder holds as far as the rules are concerned. Rejects where it cannot be listed. */
export async function listFolder(
  folder: string,
  rules: PathRules,
  followSymlinks: boolean,
): Promise<Listing> {
  const paths: string[] = [];
  const folders: string[] = [];
  const options = { encoding: 'buffer', withFileTypes: true } as const;
  const entries: Dirent<Buffer>[] = await readdir(diskPath(folder), options);
  for (const entry of entries) {
    const path = join(folder, decodePath(entry.name));
    const isLink = entry.isSymbolicLink() && followSymlinks;
    const mayBeFolder = (entry.isDirectory() || isLink) && rules.mayHold(path);
    if (mayBeFolder && (entry.isDirectory() || (await isFolder(path)))) folders.push(path);
    else if (!entry.isDirectory() && rules.matches(path)) paths.push(path);
  }
  return { paths, folders };
}

async function isFolder(path: string): Promise<boolean> {
  return (await statFile(path, true))?.isDirectory() ?? false;
}
