import { dirname } from 'node:path';
import type { Timer } from '../../../pkg/clock/clock.ts';
import type { Arrivals } from './arrivals.ts';
import type { Copies } from './copies.ts';
import type { FileIndex, TailedFile } from './file-index.ts';
import { findElsewhere, findInFolder } from './find-file.ts';
import type { Generations } from './generations.ts';
import type { PathRules } from './globs.ts';
import type { GoneFiles } from './gone-files.ts';
import { Holdings } from './holdings.ts';
import { isSameInode, regularFile } from './identity.ts';
import type { LookQueue } from './look-queue.ts';
import { displayPath } from './paths.ts';
import type { SourceContext } from './source.ts';

/**
 * To look for one file may mean to look at every file of its folder, so a search waits for so many times as long as
 * the last one took: where thousands are deleted at once, few searches find out.
 */
const PAUSE_PER_SEARCH = 4;
const MAX_PAUSE_MS = 5_000;

export interface DeparturesInit {
  readonly context: SourceContext;
  readonly rules: PathRules;
  readonly index: FileIndex;
  readonly arrivals: Arrivals;
  readonly looks: LookQueue;
  readonly copies: Copies;
  readonly gone: GoneFiles;
  readonly generations: Generations;
  readonly wake: (file: TailedFile) => void;
  /** Takes in what stood at a path and was not seen. */
  readonly takeInMissed: (path: string) => Promise<void>;
}

/** What becomes of files that are not where, or not what, they were. */
export class Departures {
  readonly #init: DeparturesInit;
  /** Files that departed and are being looked for, by the folder they were in. */
  readonly #adrift = new Map<string, Set<TailedFile>>();
  readonly #timers = new Map<string, Timer>();
  readonly #holdings: Holdings;
  #searchAgainMs = 0;

  constructor(init: DeparturesInit) {
    this.#init = init;
    const { context, looks } = init;
    this.#holdings = new Holdings({
      context,
      inTurn: look => looks.add(this.#holdings, '', look),
      end: file => this.end(file),
    });
  }

  /** The path of a file does not lead to it any more: it was renamed or deleted, or another took its place. */
  async depart(file: TailedFile): Promise<void> {
    this.#init.index.unsettle(file);
    // What was written before it went has to be read before what takes its place.
    file.hasReachedEnd = false;
    if (await this.#settleAtAlias(file)) return;
    file.stage = 'leaving';
    if (file.tailer.descriptor.isOpen) this.#init.wake(file);
    const folder = dirname(file.tailer.path);
    const adrift = this.#adrift.get(folder);
    if (adrift === undefined) this.#adrift.set(folder, new Set([file]));
    else adrift.add(file);
    this.#searchLater(folder);
  }

  /** Looks in a folder for the files that departed from it, unless that was done just now. */
  async search(folder: string): Promise<void> {
    const { clock } = this.#init.context;
    const startMs = clock.monotonicMs();
    const adrift = this.#adrift.get(folder);
    if (adrift === undefined || startMs < this.#searchAgainMs) return;
    this.#adrift.delete(folder);
    const found = await findInFolder(
      folder,
      Array.from(adrift, ({ tailer }) => tailer),
    );
    for (const file of adrift)
      if (file.stage === 'leaving')
        await this.#conclude(file, found.get(file.tailer.id) ?? (await findElsewhere(file.tailer)));
    const endMs = clock.monotonicMs();
    this.#searchAgainMs = endMs + Math.min(MAX_PAUSE_MS, (endMs - startMs) * PAUSE_PER_SEARCH);
  }

  /** Nothing more is expected of a file that is leaving. Where it was renamed to is found out first. */
  async letGo(file: TailedFile): Promise<void> {
    const folder = dirname(file.tailer.path);
    if (this.#adrift.get(folder)?.has(file)) {
      this.#searchAgainMs = 0;
      await this.search(folder);
    }
    if (file.stage === 'leaving' && !(await this.#rescue(file))) await this.end(file);
  }

  /** Ends searching. */
  stop(): void {
    for (const timer of this.#timers.values()) timer.clear();
    this.#holdings.stop();
  }

  /**
   * The content of a file is not what was read, and will be met as new. What was seen of the old one and not sent is
   * counted as lost, as far as no copy has it.
   */
  async overwritten(file: TailedFile): Promise<void> {
    const { copies, generations } = this.#init;
    const { counters, logger } = this.#init.context;
    const path = displayPath(file.tailer.path);
    const { position, unsentBytes } = file.tailer;
    const copied = await copies.rescue(file, true);
    const keptBytes = Math.max(0, (copied ?? 0) - position.offset);
    const lostBytes = Math.max(0, unsentBytes - keptBytes);
    if (lostBytes > 0) counters.bytesTruncated.inc(lostBytes);
    logger.info('file.changed', 'reading a file from the start that was truncated or written anew', {
      path,
      lostBytes,
    });
    if (copied !== undefined) return;
    generations.truncated(file.tailer.meta);
    await this.end(file);
  }

  /** A file is gone with what was not read of it: that is counted as far as it is known. */
  async giveUp(file: TailedFile): Promise<void> {
    if (await this.#rescue(file)) return;
    const { counters, logger } = this.#init.context;
    const lostBytes = Math.max(file.tailer.lagBytes, file.tailer.unsentBytes);
    if (lostBytes > 0) {
      counters.bytesDeleted.inc(lostBytes);
      const path = displayPath(file.tailer.path);
      logger.warn('file.lost', 'a file was deleted before all of it was read', { path, lostBytes });
    }
    await this.end(file);
  }

  /** A file was read to its end, or is lost. It is forgotten when all of it is settled. */
  async end(file: TailedFile): Promise<void> {
    const { index, copies, gone, wake } = this.#init;
    const successors = index.successors(file);
    file.stage = 'ended';
    file.hasReachedEnd = true;
    index.remove(file);
    await file.tailer.close();
    if (file.tailer.meta.headBytes > 0) {
      file.tailer.keep();
      const forgotten = gone.add(file);
      if (forgotten !== undefined) wake(forgotten);
    }
    for (const successor of successors) wake(successor);
    copies.lookAtArchives(file);
    wake(file);
  }

  /** Whether a file that is gone goes on in a copy. */
  async #rescue(file: TailedFile): Promise<boolean> {
    const { copies, takeInMissed } = this.#init;
    const copied = await copies.rescue(file);
    if (copied === undefined) return false;
    // It was emptied before it went, and what was written to it after that may be in an archive.
    if (copied !== Number.POSITIVE_INFINITY) await takeInMissed(file.tailer.firstPath);
    return true;
  }

  /** Searches when its time has come. */
  #searchLater(folder: string): void {
    const { context, looks } = this.#init;
    if (this.#timers.has(folder)) return;
    const delayMs = Math.max(0, this.#searchAgainMs - context.clock.monotonicMs());
    const timer = context.clock.after(delayMs, () => {
      this.#timers.delete(folder);
      looks.add(timer, folder, async () => {
        await this.search(folder);
        if (this.#adrift.has(folder)) this.#searchLater(folder);
      });
    });
    this.#timers.set(folder, timer);
  }

  /** A file that departed was found, or not. */
  async #conclude(file: TailedFile, path: string | undefined): Promise<void> {
    const { index, rules, wake, generations } = this.#init;
    const { tailer } = file;
    generations.left(tailer.meta);
    if (path === undefined) {
      if (tailer.descriptor.isOpen) await this.#holdings.add(file);
      else await this.giveUp(file);
      return;
    }
    if (rules.matches(path)) index.settleAt(file, path);
    else tailer.path = path;
    tailer.seenAt(path);
    wake(file);
  }

  async #settleAtAlias(file: TailedFile): Promise<boolean> {
    const { index, wake, context } = this.#init;
    const { id } = file.tailer;
    let isSettled = false;
    for (const path of index.takeAliases(id)) {
      const stat = await regularFile(path, context.source.followSymlinks);
      if (stat === undefined || !isSameInode(file.tailer.meta, stat)) continue;
      if (isSettled) index.addAlias(id, path);
      else index.settleAt(file, path);
      isSettled = true;
    }
    if (isSettled) wake(file);
    return isSettled;
  }
}
