import type { BigIntStats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Timer } from '../../../pkg/clock/clock.ts';
import { readerOf } from './archive-reader.ts';
import type { Arrivals } from './arrivals.ts';
import { type Candidate, compareToGone, isBeingCopied } from './compare-copy.ts';
import { archiveFormat, plainPath } from './compression.ts';
import type { FileIndex, TailedFile } from './file-index.ts';
import { listNames } from './find-file.ts';
import type { PathRules } from './globs.ts';
import type { GoneFiles } from './gone-files.ts';
import { fileId, NO_HEAD, regularFile } from './identity.ts';
import { openFile } from './open-file.ts';
import { originalNames } from './rotated-names.ts';
import type { SourceContext } from './source.ts';

export interface CopiesInit {
  readonly context: SourceContext;
  readonly rules: PathRules;
  readonly index: FileIndex;
  readonly gone: GoneFiles;
  readonly arrivals: Arrivals;
  readonly wake: (file: TailedFile) => void;
  readonly touched: (path: string) => void;
}

/** An archive that changed within this time may not be whole yet. */
const SETTLE_MS = 2_000;
/** A file whose copy is older than this, and which still is what it was, is not being rotated. */
const COPY_MS = 10_000;

/**
 * Knows the content of files again where it was copied to, plain (`copytruncate`) or compressed: by a name that
 * rotation makes, and by what is in it. Nothing that was read is read again there. When a file is gone, what was not
 * read of it is read from its copy; until then the copy is left alone.
 */
export class Copies {
  readonly #init: CopiesInit;
  readonly #timers = new Map<string, Timer>();

  constructor(init: CopiesInit) {
    this.#init = init;
  }

  /** Ends waiting. */
  stop(): void {
    for (const timer of this.#timers.values()) timer.clear();
  }

  /**
   * A file was found that is not known by its identity. Whether its content is: then it is left alone, or goes on
   * where it was left, as long as nothing happens to it.
   */
  async isKnown(path: string, stat: BigIntStats): Promise<boolean> {
    const { index } = this.#init;
    const isArchive = archiveFormat(path) !== undefined;
    const files = this.#likelyOrigins(path, stat);
    if (files.size === 0) return false;
    if (isArchive && this.#isYounger(stat, SETTLE_MS)) {
      this.#lookAgain(path);
      return true;
    }
    // An archive is whole when the file that it is made of is gone.
    if (isArchive && index.at(plainPath(path)) !== undefined) return true;
    const isKnown = await this.#withCandidate(path, stat, async candidate => {
      for (const file of files) if (await this.#isCopy(candidate, file)) return true;
      return false;
    });
    // It is somewhere else by now, where it will be met.
    return isKnown ?? true;
  }

  /**
   * A file is gone: where there is a copy of it, it goes on there. How far the copy goes; `undefined` where there is
   * none, or none with more than what was read.
   */
  async rescue(file: TailedFile): Promise<number | undefined> {
    const { context, index, rules } = this.#init;
    const { tailer } = file;
    if (tailer.meta.archive !== undefined) return undefined;
    const names = [basename(tailer.path), basename(tailer.firstPath)];
    for (const name of await listNames(dirname(tailer.path))) {
      const path = join(dirname(tailer.path), name);
      if (!originalNames(name).some(original => names.includes(original)) || !rules.isReadable(path))
        continue;
      const stat = await regularFile(path, context.source.followSymlinks);
      const known = stat && index.byId(fileId(stat));
      if (stat === undefined) continue;
      if ((known !== undefined && known !== file) || path === tailer.path) continue;
      const relation = await this.#withCandidate(path, stat, candidate =>
        compareToGone(candidate, tailer, true),
      );
      if (relation === 'part') await this.#markRead(path, stat);
      if (relation !== 'whole') continue;
      await this.#move(file, path, stat);
      return archiveFormat(path) === undefined ? Number(stat.size) : Number.POSITIVE_INFINITY;
    }
    return undefined;
  }

  /** A file ended: what looks like its archive and was left alone for its sake is looked at. */
  lookAtArchives({ tailer }: TailedFile): void {
    for (const suffix of ['.gz', '.zst']) this.#init.touched(tailer.path + suffix);
  }

  /** What the file may be, or be a copy of, likely ones first. */
  #likelyOrigins(path: string, stat: BigIntStats): ReadonlySet<TailedFile> {
    const { index, gone } = this.#init;
    const origins = originalNames(basename(path)).map(name => join(dirname(path), name));
    const same = gone.byId(fileId(stat));
    const standing = origins.flatMap(origin => [...index.line(origin), index.at(origin) ?? []].flat());
    if (archiveFormat(path) === undefined) return new Set([same ?? [], standing, gone.from(origins)].flat());
    // An archive may have got any number since.
    const others = [...index.all(), ...gone.all()].filter(({ tailer }) => tailer.meta.headBytes > 0);
    return new Set([same ?? [], standing, gone.from(origins), others].flat());
  }

  async #isCopy(candidate: Candidate, file: TailedFile): Promise<boolean> {
    const { context, gone } = this.#init;
    const { path, stat } = candidate;
    const { tailer } = file;
    if (tailer.meta.archive !== undefined && tailer.id !== fileId(stat)) return false;
    const isGone = gone.has(file);
    const isArchive = archiveFormat(path) !== undefined;
    const isSource = !isGone && originalNames(basename(path)).includes(basename(tailer.path));
    const isCopying = isSource && (await isBeingCopied(candidate, tailer, context.source.followSymlinks));
    if (isCopying === true) return isArchive || this.#waits(candidate);
    if (isCopying === 'unread') return this.#waits(candidate);
    const relation = await compareToGone(candidate, tailer, isGone);
    if (isGone && relation === 'whole') await this.#move(file, path, stat);
    if (isGone && relation === 'part') await this.#markRead(path, stat);
    return relation !== 'other';
  }

  /** Looks again at what is not certain yet, for a while. */
  #waits({ path, stat }: Candidate): boolean {
    const isYoung = this.#isYounger(stat, COPY_MS);
    if (isYoung) this.#lookAgain(path);
    return isYoung;
  }

  async #move(file: TailedFile, path: string, stat: BigIntStats): Promise<void> {
    const { index, gone, rules, wake } = this.#init;
    index.remove(file);
    gone.delete(file);
    await file.tailer.moveInto(path, stat, archiveFormat(path));
    file.stage = rules.matches(path) ? 'live' : 'leaving';
    file.hasReachedEnd = false;
    file.quietSinceMs = undefined;
    index.add(file);
    wake(file);
  }

  async #markRead(path: string, stat: BigIntStats): Promise<void> {
    const { index, rules, arrivals } = this.#init;
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

  /** By its last change, also of its time stamps: those of archives are those of what was compressed. */
  #isYounger(stat: BigIntStats, limitMs: number): boolean {
    const ageMs = this.#init.context.clock.now() - Number(stat.ctimeMs);
    return ageMs >= 0 && ageMs < limitMs;
  }

  #lookAgain(path: string): void {
    const { context, touched } = this.#init;
    if (this.#timers.has(path)) return;
    const look = (): void => {
      this.#timers.delete(path);
      touched(path);
    };
    this.#timers.set(path, context.clock.after(SETTLE_MS, look));
  }
}
