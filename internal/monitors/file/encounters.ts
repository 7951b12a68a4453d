import type { BigIntStats } from 'node:fs';
import { dirname } from 'node:path';
import type { Arrivals } from './arrivals.ts';
import { hasChanged } from './compare-copy.ts';
import { archiveFormat } from './compression.ts';
import type { Copies, Knowledge } from './copies.ts';
import type { Departures } from './departures.ts';
import type { FileIndex, TailedFile } from './file-index.ts';
import type { Missed } from './find-missed.ts';
import type { Generations } from './generations.ts';
import type { PathRules } from './globs.ts';
import type { GoneFiles } from './gone-files.ts';
import { fileId, formatOf, isSameInode, regularFile } from './identity.ts';
import { rotatedFrom } from './rotated-names.ts';
import { searchUntilStill } from './search-until-still.ts';
import type { SourceContext } from './source.ts';

export interface EncountersInit {
  readonly context: SourceContext;
  readonly rules: PathRules;
  readonly index: FileIndex;
  readonly gone: GoneFiles;
  readonly arrivals: Arrivals;
  readonly copies: Copies;
  readonly departures: Departures;
  readonly generations: Generations;
  /** Has a file read. */
  readonly add: (file: TailedFile) => void;
  /** Whether its path leads to it. Rejects where it cannot be known. */
  readonly isInPlace: (file: TailedFile) => Promise<boolean>;
  readonly wake: (file: TailedFile) => void;
  /** While the source starts nothing is read. */
  readonly isStarted: () => boolean;
}

/** Files that came and went unseen. */
interface MissedFiles {
  readonly files: readonly Missed[];
  /** There may be more of them: what is being made is looked at again. */
  readonly isSure: boolean;
}

/** What becomes of files that stand where none was known: known ones that moved, copies, and new ones. */
export class Encounters {
  readonly #init: EncountersInit;

  constructor(init: EncountersInit) {
    this.#init = init;
  }

  /** Whether the file at `path` is known: from before the start, or from another path. */
  async isKnown(path: string, stat: BigIntStats): Promise<boolean> {
    const { index, departures, generations, isInPlace, wake } = this.#init;
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
    if (file.tailer.firstPath !== path) generations.left(file.tailer.meta);
    file.hasReachedEnd = false;
    wake(file);
    return true;
  }

  /** Takes in the file at `path`; `isFirstSight` when it was there before the source was. */
  async meet(path: string, stat: BigIntStats, isFirstSight: boolean): Promise<void> {
    if (await this.isKnown(path, stat)) return;
    const { index, departures, copies, arrivals } = this.#init;
    await departures.search(dirname(path));
    // What is somewhere else by now will be met there.
    if ((await copies.recognize(path, stat)) !== 'unknown') return;
    // What was looked for may have been found in it.
    if (index.byStat(stat) !== undefined) return;
    await this.#lookAtOriginal(path);
    if (index.byStat(stat) !== undefined) return;
    const origin = await this.#originOf(path, stat);
    await this.takeInMissed(origin ?? path, stat);
    if (index.byStat(stat) !== undefined) return;
    const file =
      origin === undefined
        ? await arrivals.fresh(path, stat, isFirstSight)
        : arrivals.missed(origin, { renamedTo: path, stat }, 'live');
    this.#takeIn(file);
  }

  /** The content of a file is not what was read: what is in it now is met as new, before it is renamed. */
  async meetRewritten(file: TailedFile, stat: BigIntStats): Promise<void> {
    const { departures, arrivals, copies, add } = this.#init;
    const { stage } = file;
    const { path, firstPath, meta } = file.tailer;
    // Over a copy the next one is written.
    const isCopy = meta.isCopy === true || meta.archive !== undefined;
    if (stage === 'leaving' && isCopy) return departures.giveUp(file);
    // It was written anew before it was renamed, and comes between what was in it and what took its place.
    const order = (file.order + Math.floor(file.order) + 1) / 2;
    if (stage === 'leaving' && (await copies.recognize(path, stat, file)) === 'unknown')
      add({ ...arrivals.missed(firstPath, { renamedTo: path, stat }, 'leaving'), order });
    await departures.overwritten(file);
    if (stage === 'live') await this.meet(path, stat, false);
  }

  /** Takes in files that stood at `path` and were rotated away before anyone looked, older than `next`. */
  async takeInMissed(path: string, next: BigIntStats | undefined): Promise<void> {
    const { arrivals, rules } = this.#init;
    for (const missed of (await this.missed(path, next)).files)
      this.#takeIn(arrivals.missed(path, missed, rules.matches(missed.renamedTo) ? 'live' : 'leaving'));
  }

  /** Takes in what stood at `path` before what is there now; while the source starts that is not known yet. */
  async takeInMissedNow(path: string): Promise<void> {
    const { context, isStarted } = this.#init;
    if (isStarted()) await this.takeInMissed(path, await regularFile(path, context.source.followSymlinks));
  }

  /**
   * Files that stood at `path`, or copies of what did, that are not known; the oldest first. They are not compared with
   * `unread`, the file that stands there, of which nothing is known.
   */
  async missed(path: string, next: BigIntStats | undefined, unread?: TailedFile): Promise<MissedFiles> {
    const { index, gone, generations } = this.#init;
    const isKnown = (stat: BigIntStats): boolean =>
      index.byStat(stat) !== undefined || gone.same(stat) !== undefined;
    return searchUntilStill(async moved => {
      const found = await generations.missed(path, next, isKnown);
      const are: Knowledge[] = [];
      for (const missed of found) are.push(await this.#recognize(path, missed, next, unread));
      if (are.includes('moved')) moved();
      return { files: found.filter((_, i) => are[i] === 'unknown'), isSure: !are.includes('unsure') };
    });
  }

  #takeIn(file: TailedFile): void {
    const { index, add, isStarted, wake } = this.#init;
    const before = index.line(file.line).findLast(({ order }) => order <= file.order);
    // Its writer may have gone on until the new file was there, which is read as soon as it is added, if it may be.
    if (before !== undefined) before.hasReachedEnd = false;
    add(file);
    if (before !== undefined && isStarted()) wake(before);
  }

  async #recognize(
    path: string,
    { renamedTo, stat }: Missed,
    next: BigIntStats | undefined,
    unread: TailedFile | undefined,
  ): Promise<Knowledge> {
    const { copies } = this.#init;
    const knowledge = await copies.recognize(renamedTo, stat, unread);
    const isYounger = next !== undefined && next.birthtimeNs < stat.birthtimeNs;
    if (knowledge !== 'unknown' || !isYounger) return knowledge;
    // It may be being copied, and not be truncated yet.
    const isCopy = await copies.isBeginningOf(path, renamedTo, stat);
    if (isCopy === undefined) return 'moved';
    return isCopy ? 'known' : 'unknown';
  }

  /** What stands where a file has its name from may have been truncated: then what was in it comes first. */
  async #lookAtOriginal(path: string): Promise<void> {
    const { context, index, departures } = this.#init;
    const { followSymlinks } = context.source;
    const original = rotatedFrom(path);
    const file = original === undefined ? undefined : index.at(original);
    if (original === undefined || file === undefined || !(await hasChanged(file.tailer, followSymlinks)))
      return;
    const stat = await regularFile(original, followSymlinks);
    if (stat === undefined || !isSameInode(file.tailer.meta, stat)) return;
    await departures.overwritten(file);
    await this.meet(original, stat, false);
  }

  /** Whether the file was read before the start; what else stood in it is gone. */
  async #isRemembered(path: string, stat: BigIntStats): Promise<boolean> {
    const { arrivals, departures, generations, add } = this.#init;
    const { claimed, obsolete } = await arrivals.remembered.claim(path, stat);
    for (const track of obsolete) await departures.giveUp(arrivals.known(track, path, 'leaving'));
    if (claimed === undefined) return false;
    const file = arrivals.known(claimed, path, 'live', stat);
    add(file);
    if (claimed.meta.path === path) return true;
    file.tailer.seenAt(path);
    generations.left(claimed.meta);
    return true;
  }

  /** Where a file must have stood unseen before it was renamed to `path`, which matches too; its lines belong there. */
  async #originOf(path: string, stat: BigIntStats): Promise<string | undefined> {
    const { generations, index, isInPlace } = this.#init;
    const origin = await generations.originOf(path, stat);
    const standing = origin === undefined ? undefined : index.at(origin);
    // What has the name of a rotated file is the older one of two that were born in one tick of the clock.
    if (standing === undefined || stat.birthtimeNs <= BigInt(standing.tailer.meta.born)) return origin;
    return (await isInPlace(standing)) ? undefined : origin;
  }
}
