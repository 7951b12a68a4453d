import type { BigIntStats } from 'node:fs';
import { dirname } from 'node:path';
import type { Arrivals } from './arrivals.ts';
import { archiveFormat } from './compression.ts';
import type { Copies } from './copies.ts';
import type { Departures } from './departures.ts';
import type { FileIndex, TailedFile } from './file-index.ts';
import type { PathRules } from './globs.ts';
import type { GoneFiles } from './gone-files.ts';
import { birthOf, fileId, formatOf, isOlder, isSameInode } from './identity.ts';

export interface EncountersInit {
  readonly rules: PathRules;
  readonly index: FileIndex;
  readonly gone: GoneFiles;
  readonly arrivals: Arrivals;
  readonly copies: Copies;
  readonly departures: Departures;
  /** Has a file read. */
  readonly add: (file: TailedFile) => void;
  /** Whether its path leads to it. Rejects where it cannot be known. */
  readonly isInPlace: (file: TailedFile) => Promise<boolean>;
  readonly wake: (file: TailedFile) => void;
  /** While the source starts nothing is read. */
  readonly isStarted: () => boolean;
}

/** What becomes of files that stand where none was known: known ones that moved, copies, and new ones. */
export class Encounters {
  readonly #init: EncountersInit;

  constructor(init: EncountersInit) {
    this.#init = init;
  }

  /** Whether the file at `path` is known: from before the start, or from another path. */
  async isKnown(path: string, stat: BigIntStats): Promise<boolean> {
    const { index, departures, isInPlace, wake } = this.#init;
    const file = index.byId(fileId(stat));
    if (file === undefined) return this.#isRemembered(path, stat);
    const { meta } = file.tailer;
    if (!isSameInode(meta, stat) || formatOf(meta) !== archiveFormat(path)) {
      await departures.giveUp(file);
      return this.#isRemembered(path, stat);
    }
    if (file.stage === 'live' && file.tailer.path !== path && (await isInPlace(file))) {
      index.addAlias(file.tailer.id, path);
      return true;
    }
    index.settleAt(file, path);
    if (file.tailer.firstPath !== path) departures.generations.left(file.tailer);
    file.hasReachedEnd = false;
    wake(file);
    return true;
  }

  /** Takes in the file at `path`; `isFirstSight` when it was there before the source was. */
  async meet(path: string, stat: BigIntStats, isFirstSight: boolean): Promise<void> {
    if (await this.isKnown(path, stat)) return;
    const { index, departures, copies, arrivals, add, isStarted, wake } = this.#init;
    await departures.search(dirname(path));
    if (await copies.isKnown(path, stat)) return;
    // What was looked for may have been found in it.
    if (index.byId(fileId(stat)) !== undefined) return;
    const origin = await this.#originOf(path, stat);
    await this.takeInMissed(origin ?? path, stat);
    const file =
      origin === undefined
        ? await arrivals.fresh(path, stat, isFirstSight)
        : arrivals.missed(origin, { renamedTo: path, stat }, 'live');
    add(file);
    const before = index.predecessor(file);
    if (before === undefined) return;
    // Its writer may have gone on until the new file was there.
    before.hasReachedEnd = false;
    if (isStarted()) wake(before);
  }

  /** Takes in files that stood at `path` and were rotated away before anyone looked, older than `next`. */
  async takeInMissed(path: string, next: BigIntStats | undefined): Promise<void> {
    const { index, gone, departures, copies, arrivals, rules, add } = this.#init;
    const isKnown = (stat: BigIntStats): boolean => {
      const known = index.byId(fileId(stat)) ?? gone.byId(fileId(stat));
      return known !== undefined && isSameInode(known.tailer.meta, stat);
    };
    for (const missed of await departures.generations.missed(path, next, isKnown)) {
      const { renamedTo, stat } = missed;
      if (await copies.isKnown(renamedTo, stat)) continue;
      add(arrivals.missed(path, missed, rules.matches(renamedTo) ? 'live' : 'leaving'));
    }
  }

  /** Whether the file was read before the start; what else stood in it is gone. */
  async #isRemembered(path: string, stat: BigIntStats): Promise<boolean> {
    const { arrivals, departures, add } = this.#init;
    const { claimed, obsolete } = await arrivals.remembered.claim(path, stat);
    for (const track of obsolete) await departures.giveUp(arrivals.known(track, path, 'leaving'));
    if (claimed === undefined) return false;
    add(arrivals.known(claimed, path, 'live', stat));
    if (claimed.meta.path !== path) departures.generations.left(claimed);
    return true;
  }

  /** Where a file must have stood unseen before it was renamed to `path`, which matches too; its lines belong there. */
  async #originOf(path: string, stat: BigIntStats): Promise<string | undefined> {
    const { departures, index, isInPlace } = this.#init;
    const origin = await departures.generations.originOf(path, stat);
    const standing = origin === undefined ? undefined : index.at(origin);
    if (standing === undefined || isOlder(stat, birthOf(standing.tailer.meta))) return origin;
    return (await isInPlace(standing)) ? undefined : origin;
  }
}
