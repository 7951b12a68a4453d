import type { BigIntStats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readerOf } from './archive-reader.ts';
import { rememberCopied } from './archive-track.ts';
import type { Arrivals } from './arrivals.ts';
import { type Candidate, compareToGone, compareToStanding, isBeginningOf, isCopyOf } from './compare-copy.ts';
import { archiveFormat, isBeingCompressed, plainPath } from './compression.ts';
import type { FileIndex, TailedFile } from './file-index.ts';
import { filesWhenStill, isSomewhere } from './find-file.ts';
import type { Generations } from './generations.ts';
import type { PathRules } from './globs.ts';
import type { GoneFiles } from './gone-files.ts';
import { fileId, NO_HEAD, regularFile } from './identity.ts';
import { openFile } from './open-file.ts';
import { originalNames, rotatedFrom } from './rotated-names.ts';
import { searchUntilStill } from './search-until-still.ts';
import type { SourceContext } from './source.ts';
import type { Tailer } from './tailer.ts';
import { LOOK_AGAIN_MS, Unsettled } from './unsettled.ts';

export interface CopiesInit {
  readonly context: SourceContext;
  readonly rules: PathRules;
  readonly index: FileIndex;
  readonly gone: GoneFiles;
  readonly arrivals: Arrivals;
  readonly generations: Generations;
  readonly wake: (file: TailedFile) => void;
  readonly touched: (path: string) => void;
  /** While the source starts all archives are met before anything is read. */
  readonly isStarted: () => boolean;
}

/**
 * What there is to say of a file that is not known by its identity. `known`: what is in it is known; then it is left alone,
 * or goes on where it was left, as long as nothing happens to it. `unknown`: it is new. `unsure`: it may not be whole yet,
 * and is looked at again. `moved`: it is somewhere else by now.
 */
export type Knowledge = 'known' | 'unknown' | 'unsure' | 'moved';

/** An archive that changed within this time may not be whole yet. */
const SETTLE_MS = LOOK_AGAIN_MS;
/** A file whose copy is older than this, and which still is what it was, is not being rotated. */
const COPY_MS = 10_000;

/**
 * Knows the content of files again where it was copied to, plain (`copytruncate`) or compressed: by a name that rotation
 * makes, and by what is in it. Nothing is read twice. When a file is gone, what was not read of it is read from its copy.
 */
export class Copies {
  readonly #init: CopiesInit;
  readonly #unsettled: Unsettled;

  constructor(init: CopiesInit) {
    this.#init = init;
    this.#unsettled = new Unsettled(init.context.clock, init.touched);
  }

  /** Ends waiting. */
  stop(): void {
    this.#unsettled.stop();
  }

  /** A file was found that is not known by its identity. Whether its content is; it is not compared with `except`. */
  async recognize(path: string, stat: BigIntStats, except?: TailedFile): Promise<Knowledge> {
    const files = this.#likelyOrigins(path, stat);
    if (except !== undefined) files.delete(except);
    if (files.size === 0) return 'unknown';
    if (archiveFormat(path) !== undefined && (await this.#isBeingMade(path, stat))) return 'unsure';
    const knowledge = await this.#withCandidate(path, stat, async candidate => {
      for (const file of files) if (await this.#isCopy(candidate, file)) return 'known';
      return 'unknown';
    });
    return knowledge ?? 'moved';
  }

  /**
   * A file is gone, or was truncated: where there is a copy of it, it goes on there. How far the copy goes; `undefined`
   * where there is none, or none with more than what was read.
   */
  async rescue(file: TailedFile, isTruncated = false): Promise<number | undefined> {
    if (file.tailer.meta.archive !== undefined) return undefined;
    const copy = await searchUntilStill(moved => this.#rescue(file, moved));
    if (copy === undefined) return undefined;
    const [path, { size, mtimeNs }] = copy;
    if (archiveFormat(path) === undefined) return Number(size);
    // An archive has the time at which its original was last written.
    if (isTruncated) rememberCopied(file.tailer.track, mtimeNs);
    this.#init.generations.left(file.tailer.meta);
    return Number.POSITIVE_INFINITY;
  }

  /** Whether a file begins as the one at `original` does now; `undefined` where it is somewhere else by now. */
  isBeginningOf(original: string, path: string, stat: BigIntStats): Promise<boolean | undefined> {
    const { followSymlinks } = this.#init.context.source;
    return this.#withCandidate(path, stat, candidate => isBeginningOf(candidate, original, followSymlinks));
  }

  /** A file ended: what looks like its archive and was left alone for its sake is looked at. */
  lookAtArchives({ tailer }: TailedFile): void {
    for (const suffix of ['.gz', '.zst']) this.#init.touched(tailer.path + suffix);
  }

  /** Where a file goes on. */
  async #rescue(file: TailedFile, moved: () => void): Promise<readonly [string, BigIntStats] | undefined> {
    const { context, index, rules, gone } = this.#init;
    const { followSymlinks } = context.source;
    const { tailer } = file;
    const others = [...index.line(file.line), ...gone.from([tailer.firstPath])].filter(
      other => other !== file,
    );
    const names = [basename(tailer.path), basename(tailer.firstPath)];
    const isLikely = (name: string): boolean =>
      originalNames(name).some(original => names.includes(original));
    const files = (await filesWhenStill(dirname(tailer.path), isLikely)) ?? [];
    const paths = new Set(files.map(([path]) => path));
    for (const [path, stat] of files) {
      if (path === tailer.path || !rules.isReadable(path) || isBeingCompressed(path, paths)) continue;
      const known = index.byStat(stat) ?? gone.same(stat);
      if (known !== undefined && known !== file) continue;
      const relation = await this.#withCandidate(path, stat, async candidate => {
        const found = await compareToGone(candidate, tailer, true);
        const isUnsure = found === 'whole' && tailer.meta.headBytes === 0;
        return isUnsure && (await isCopyOf(candidate, others, followSymlinks)) ? 'other' : found;
      });
      if (relation === undefined) moved();
      if (relation === 'part') await this.#markRead({ path, stat }, tailer);
      if (relation !== 'whole') continue;
      await this.#move(file, path, stat);
      return [path, stat];
    }
    return undefined;
  }

  /** What the file may be, or be a copy of, likely ones first. */
  #likelyOrigins(path: string, stat: BigIntStats): Set<TailedFile> {
    const { index, gone } = this.#init;
    const origins = originalNames(basename(path)).map(name => join(dirname(path), name));
    const same = gone.same(stat);
    const standing = origins.flatMap(origin => [...index.line(origin), index.at(origin) ?? []].flat());
    if (archiveFormat(path) === undefined) return new Set([same ?? [], standing, gone.from(origins)].flat());
    // An archive may have got any number since.
    const others = [...index.all(), ...gone.all()].filter(({ tailer }) => tailer.meta.headBytes > 0);
    return new Set([same ?? [], standing, gone.from(origins), others].flat());
  }

  /** Whether an archive may not be whole yet: it is looked at again then. */
  async #isBeingMade(path: string, stat: BigIntStats): Promise<boolean> {
    const { context, rules, index, isStarted } = this.#init;
    const plain = plainPath(path);
    const isYoung = this.#unsettled.isYounger(stat, SETTLE_MS);
    // What it was made of is removed when it is whole.
    const isWhole = (await regularFile(plain, context.source.followSymlinks)) === undefined;
    // Its turn to be read is now, while the source starts, and where it does not match, for then nobody looks again.
    if (isWhole && isYoung && (!isStarted() || !rules.matches(path))) return false;
    // When a known file ends its archive is looked at.
    const isKnown = index.at(plain) !== undefined;
    // One that nobody reads may be kept beside its archive for good.
    const mayStay = rules.matches(path) && !rules.matches(plain);
    if (!isYoung && (isWhole || isKnown || mayStay)) return isKnown;
    this.#unsettled.lookAgain(path);
    return true;
  }

  async #isCopy(candidate: Candidate, file: TailedFile): Promise<boolean> {
    const { context, gone } = this.#init;
    const { path, stat } = candidate;
    const { tailer } = file;
    if (tailer.meta.archive !== undefined && tailer.id !== fileId(stat)) return false;
    const isGone = gone.has(file);
    if (!isGone) {
      const isSource = originalNames(basename(path)).includes(basename(tailer.path));
      // A copy begins as an empty file: until something is in it there is nothing to compare, and nothing to read.
      if (isSource && stat.size === 0n) return true;
      if (!isSource && (tailer.meta.headBytes === 0 || !(await candidate.reader.hasHead(tailer.meta))))
        return false;
      const relation = await compareToStanding(candidate, tailer, context.source.followSymlinks);
      if (relation === 'copy') return archiveFormat(path) !== undefined || this.#leaveCopy(candidate, tailer);
      if (relation !== 'changed') return relation === 'unread' && this.#waits(candidate);
    }
    const relation = await compareToGone(candidate, tailer, isGone);
    // Where nothing was read of it there was only its name to compare, and it may have another one by now.
    if (!isGone && relation === 'whole' && tailer.meta.headBytes === 0) return !(await isSomewhere(tailer));
    if (isGone && relation === 'whole') await this.#move(file, path, stat);
    if (isGone && relation === 'part') await this.#markRead(candidate, tailer);
    return relation !== 'other';
  }

  /**
   * What has the content of a file that stands beside it is left alone, for that may be truncated any moment. Where it is
   * not, a name that rotation makes by appending says that it was copied only; else two logs begin alike.
   */
  async #leaveCopy(candidate: Candidate, tailer: Tailer): Promise<boolean> {
    if (this.#waits(candidate)) return true;
    if (rotatedFrom(candidate.path) !== tailer.path) return false;
    if (tailer.position.offset < Number(candidate.stat.size)) this.#unsettled.lookAgain(candidate.path);
    else await this.#markRead(candidate, tailer);
    return true;
  }

  /** Looks again at what is not certain yet, for a while. */
  #waits({ path, stat }: Candidate): boolean {
    const isYoung = this.#unsettled.isYounger(stat, COPY_MS);
    if (isYoung) this.#unsettled.lookAgain(path);
    return isYoung;
  }

  async #move(file: TailedFile, path: string, stat: BigIntStats): Promise<void> {
    const { index, gone, generations, rules, wake } = this.#init;
    index.remove(file);
    gone.delete(file);
    await file.tailer.moveInto(path, stat, archiveFormat(path));
    generations.left(file.tailer.meta);
    file.stage = rules.matches(path) ? 'live' : 'leaving';
    file.hasReachedEnd = false;
    file.quietSinceMs = undefined;
    index.add(file);
    wake(file);
  }

  async #markRead({ path, stat }: Pick<Candidate, 'path' | 'stat'>, { firstPath }: Tailer): Promise<void> {
    const { index, rules, arrivals, generations } = this.#init;
    if (archiveFormat(path) === undefined) generations.left({ path: firstPath, born: `${stat.birthtimeNs}` });
    if (rules.matches(path)) index.add(await arrivals.read(path, stat));
  }

  /** `undefined` where the file is not there any more. */
  async #withCandidate<T>(
    path: string,
    stat: BigIntStats,
    use: (candidate: Candidate) => Promise<T>,
  ): Promise<T | undefined> {
    const { followSymlinks } = this.#init.context.source;
    const opened = await openFile(path, fileId(stat), NO_HEAD, followSymlinks);
    if (typeof opened === 'string') return undefined;
    const format = archiveFormat(path);
    const reader = readerOf(opened.handle, format && { format, readBytes: 0 });
    try {
      return await use({ path, stat, reader });
    } finally {
      await reader.close();
    }
  }
}
