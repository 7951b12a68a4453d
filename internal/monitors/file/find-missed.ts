import type { BigIntStats } from 'node:fs';
import { basename, dirname } from 'node:path';
import { archiveFormat, isBeingCompressed, plainPath } from './compression.ts';
import { filesWhenStill } from './find-file.ts';
import { type Birth, isOlder, knowsBirths } from './identity.ts';
import { compareStamps, isRotatedName, rotatedFrom } from './rotated-names.ts';

const NS_PER_MS = 1_000_000n;

/** A file that stood at a path and was renamed to another. */
export interface Missed {
  readonly renamedTo: string;
  readonly stat: BigIntStats;
}

/** Which files are looked for that stood at a path unseen. */
export interface MissedSearch {
  /** Those that were not born before this, */
  readonly afterNs: bigint;
  /** and are older than this one; all where nothing stands there now. */
  readonly next: Birth | undefined;
  /** `next` was emptied: its copies, which are younger, are looked for. Other logs may have such names, too, unless
   * rotation appended to them. */
  readonly isTruncated: boolean;
  /** Whether they are looked for in archives, too: an archive was last written when its original was. */
  readonly readsArchives: boolean;
  readonly isKnown: (stat: BigIntStats) => boolean;
  /** In a folder of more files nothing is looked for. */
  readonly maxNames: number;
}

/** Negative where the first is older. */
type CompareAges = (a: Missed, b: Missed) => number;

/**
 * Files that stood at `path` and were rotated away before anyone looked, the oldest first; `undefined` in a folder of
 * too many files. Where the file system does not know when files were born, none is trusted.
 */
export async function findMissed(path: string, search: MissedSearch): Promise<readonly Missed[] | undefined> {
  const folder = dirname(path);
  const isLikely = (name: string): boolean => mayBeMissed(name, basename(path), search);
  const rotated = await filesWhenStill(folder, isLikely, search.maxNames);
  if (rotated === undefined) return undefined;
  if (rotated.length === 0 || !(await knowsBirths(folder))) return [];
  const paths = new Set(rotated.map(([renamedTo]) => renamedTo));
  const generations = rotated
    .filter(([renamedTo]) => !isBeingCompressed(renamedTo, paths))
    .map(([renamedTo, stat]) => ({ renamedTo, stat }));
  const compare = comparison(generations);
  return generations.filter(each => isMissed(each, generations, search, compare)).sort(compare);
}

function mayBeMissed(name: string, original: string, { isTruncated, readsArchives }: MissedSearch): boolean {
  if (archiveFormat(name) !== undefined) return readsArchives && rotatedFrom(plainPath(name)) === original;
  return isTruncated ? rotatedFrom(name) === original : isRotatedName(name, original);
}

function isMissed(
  file: Missed,
  generations: readonly Missed[],
  { afterNs, next, isTruncated, isKnown }: MissedSearch,
  compare: CompareAges,
): boolean {
  const { birthtimeNs } = birthOf(file);
  // Some tools keep no more than milliseconds of the time of what they compress.
  if (birthtimeNs / NS_PER_MS < afterNs / NS_PER_MS || isKnown(file.stat)) return false;
  if (next === undefined) return true;
  if (isTruncated) return file.stat.ino !== next.ino || file.stat.birthtimeNs !== next.birthtimeNs;
  // What was rotated is older than what stands at the path, also where both were born in one tick of the clock.
  const rotatedNext = generations.find(({ stat }) => stat.ino === next.ino);
  return rotatedNext === undefined ? birthtimeNs <= next.birthtimeNs : compare(file, rotatedNext) < 0;
}

/**
 * Compares generations by their births. Those that were born in one tick of the clock are told apart by their names, in
 * the direction in which those of the others go. Where there are no others, by their last changes, for the older one was
 * renamed first; and at last by inodes, which go up until one is used again.
 */
export function comparison(generations: readonly Missed[]): CompareAges {
  const births: CompareAges = (a, b) => Number(birthOf(a).birthtimeNs - birthOf(b).birthtimeNs);
  const names: CompareAges = (a, b) => compareStamps(a.renamedTo, b.renamedTo);
  const changes: CompareAges = (a, b) => Number(a.stat.ctimeNs - b.stat.ctimeNs);
  const inOrder = generations.toSorted(births);
  let direction = 0;
  for (const [i, file] of inOrder.slice(1).entries())
    if (births(inOrder[i]!, file) < 0) direction -= Math.sign(names(inOrder[i]!, file));
  const others = direction === 0 ? changes : (a: Missed, b: Missed) => Math.sign(direction) * names(a, b);
  return (a, b) => births(a, b) || others(a, b) || (isOlder(a.stat, b.stat) ? -1 : 1);
}

/** When what is in a file was begun, or, as far as is known of an archive, no earlier than that. */
function birthOf({ renamedTo, stat }: Missed): Birth {
  return archiveFormat(renamedTo) === undefined ? stat : { birthtimeNs: stat.mtimeNs, ino: stat.ino };
}
