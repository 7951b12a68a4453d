import { join } from 'node:path';
import type { Fs } from '../../pkg/fsx/fs.ts';
import { LETTER_CAUSES, type LetterCause } from '../../pkg/types/dead-letters.ts';
import { silentLogger } from '../selflog/logger.ts';
import { listSinks } from './directory.ts';
import { loadMarks } from './done-file.ts';
import { sizeIfThere } from './files.ts';
import { readFolder, segmentPath } from './folder.ts';
import { sinkFolder } from './folder-name.ts';
import { type Letter, parseLetter } from './letter.ts';
import { type LetterFilter, LetterSearch, letterId, type Shelved } from './letter-search.ts';
import { Segment } from './segment.ts';

/** Letters of one sink and cause. */
export interface LetterGroup {
  readonly sink: string;
  readonly cause: LetterCause;
  records: number;
  bytes: number;
}

export interface ListedLetter extends Letter {
  readonly id: string;
}

/** What a person sees of the letters. */
export interface Listing {
  /** All that the filter wants, whatever its limit. */
  readonly groups: readonly LetterGroup[];
  /** The first of them. */
  readonly letters: readonly ListedLetter[];
}

export const DEFAULT_LIST_LIMIT = 20;
/** The letters of a listing are held in memory. */
const MAX_LIST_BYTES = 16 * 1024 * 1024;

/** Reads all letters that the filter wants. `onProgress` hears of the bytes read so far and in all. */
export async function listLetters(
  fs: Fs,
  shelves: readonly Shelved[],
  filter: LetterFilter,
  onProgress: (bytes: number, total: number) => void = () => undefined,
): Promise<Listing> {
  const search = new LetterSearch({ ...filter, limit: undefined });
  const groups = new Map<string, LetterGroup>();
  const letters: ListedLetter[] = [];
  const wanted = shelves.filter(({ sink }) => search.wants(sink));
  const total = wanted.flatMap(({ segments }) => segments).reduce((sum, { bytes }) => sum + bytes, 0);
  let [readBytes, heldBytes] = [0, 0];
  for (const { sink, segments } of wanted) {
    for (const segment of segments) {
      await search.visit(fs, sink, segment, ({ bytes, from, to, offset, cause }) => {
        add(groups, sink, LETTER_CAUSES[cause]!, to + 1 - from);
        if (letters.length >= (filter.limit ?? DEFAULT_LIST_LIMIT) || heldBytes > MAX_LIST_BYTES) return;
        heldBytes += to - from;
        letters.push({ id: letterId(sink, segment, offset), ...parseLetter(bytes.subarray(from, to)) });
      });
      readBytes += segment.bytes;
      onProgress(readBytes, total);
    }
  }
  return { groups: [...groups.values()], letters };
}

/** How many letters an order with this filter would mean, its limit included. */
export async function countLetters(
  fs: Fs,
  shelves: readonly Shelved[],
  filter: LetterFilter,
): Promise<{ readonly records: number; readonly bytes: number }> {
  const search = new LetterSearch(filter);
  let [records, bytes] = [0, 0];
  for (const { sink, segments } of shelves) {
    for (const segment of segments) {
      if (!search.wants(sink)) break;
      await search.visit(fs, sink, segment, ({ from, to }) => {
        records++;
        bytes += to + 1 - from;
      });
    }
  }
  return { records, bytes };
}

/** What lies in the folder of dead letters, without its lock and changing nothing: beside a running agent too. */
export async function readShelves(fs: Fs, dir: string): Promise<Shelved[]> {
  const shelves: Shelved[] = [];
  for (const sink of await listSinks(fs, dir, silentLogger)) {
    const path = join(dir, sinkFolder(sink));
    const segments: Segment[] = [];
    for (const number of (await readFolder(fs, path)).segments) {
      const segment = new Segment(number, segmentPath(path, number), false);
      await loadMarks(fs, segment);
      segment.bytes = await sizeIfThere(fs, segment.path);
      segments.push(segment);
    }
    shelves.push({ sink, segments });
  }
  return shelves;
}

function add(groups: Map<string, LetterGroup>, sink: string, cause: LetterCause, bytes: number): void {
  const key = `${sink} ${cause}`;
  let group = groups.get(key);
  if (group === undefined) {
    group = { sink, cause, records: 0, bytes: 0 };
    groups.set(key, group);
  }
  group.records++;
  group.bytes += bytes;
}
