import type { BigIntStats } from 'node:fs';
import { Arrivals } from './arrivals.ts';
import { FileIndex, type TailedFile } from './file-index.ts';
import { findLeftBehind, findRenamed } from './find-file.ts';
import { Generations } from './generations.ts';
import type { PathRules } from './globs.ts';
import { type FileId, fileId, isSystemError, statFile } from './identity.ts';
import { displayPath } from './paths.ts';
import type { SourceContext } from './source.ts';

export interface SourceFilesInit {
  readonly context: SourceContext;
  readonly rules: PathRules;
  /** Files of the agent itself, whatever their path. */
  readonly ownIds: ReadonlySet<FileId>;
  /** Has a file visited soon. */
  readonly wake: (file: TailedFile) => void;
}

/** How many files are looked at together when the source starts. */
const STAT_AT_ONCE = 64;

/**
 * Which files a source reads, and where they are. Whatever happened to a path, what counts is what stands there
 * now: `touched` looks, and compares it with what is known. Looks never overlap, so that a rename, which touches
 * two paths, is understood in either order.
 */
export class SourceFiles {
  readonly index = new FileIndex();
  readonly #init: SourceFilesInit;
  readonly #arrivals: Arrivals;
  readonly #generations = new Generations();
  readonly #touched = new Set<string>();
  #looking: Promise<void> | undefined;
  #isStarted = false;

  constructor(init: SourceFilesInit) {
    this.#init = init;
    this.#arrivals = new Arrivals(init.context);
  }

  /**
   * Takes in what is there when the source starts. What is remembered comes first, so that a file that was
   * renamed while the agent was down is not called new, and is read before the one that took its place.
   */
  async start(paths: readonly string[]): Promise<void> {
    const strangers: [string, BigIntStats][] = [];
    for (let i = 0; i < paths.length; i += STAT_AT_ONCE) {
      const some = paths.slice(i, i + STAT_AT_ONCE);
      const stats = await Promise.all(some.map(path => this.#attempt(path, () => this.#stat(path))));
      for (const [n, path] of some.entries()) {
        const stat = stats[n];
        if (stat !== undefined && !(await this.#recognise(path, stat))) strangers.push([path, stat]);
      }
    }
    await this.#takeInLeftBehind();
    for (const [path, stat] of strangers) await this.#attempt(path, () => this.#meet(path, stat, true));
    this.#isStarted = true;
    for (const file of this.index.all()) {
      if (file.tailer.isBehind || file.stage === 'leaving') this.#init.wake(file);
    }
  }

  /** Something may have happened at `path`. */
  touched(path: string): void {
    const { rules, context } = this.#init;
    if (context.stopping.aborted || !rules.matches(path)) return;
    this.#touched.add(path);
    this.#looking ??= this.#lookAtAll();
  }

  /** Has a file at which nothing is new looked at where another one may have taken its place. */
  async verify(file: TailedFile): Promise<void> {
    const { path, id } = file.tailer;
    const stat = await this.#attempt(path, () => this.#stat(path));
    if (stat === undefined || fileId(stat) !== id) this.touched(path);
  }

  /** Resolves when no look is under way. */
  async idle(): Promise<void> {
    this.#touched.clear();
    await this.#looking;
  }

  /** The content of a file is not what was read: it begins anew. What was seen and not sent is counted as lost. */
  async renew(file: TailedFile): Promise<void> {
    const { counters, logger } = this.#init.context;
    const path = displayPath(file.tailer.path);
    const lostBytes = file.tailer.unsentBytes;
    if (lostBytes > 0) counters.bytesTruncated.inc(lostBytes);
    logger.info('file.changed', 'a file was truncated or written anew: reading it from the start', {
      path,
      lostBytes,
    });
    const renewed = this.#arrivals.renewed(file);
    this.index.remove(file);
    this.index.add(renewed);
    await this.end(file);
    this.#init.wake(renewed);
  }

  /** A file was read to its end, or is lost. It is forgotten when all of it is settled. */
  async end(file: TailedFile): Promise<void> {
    const successors = this.index.successors(file);
    file.stage = 'ended';
    file.hasReachedEnd = true;
    this.index.remove(file);
    await file.tailer.close();
    for (const successor of successors) this.#init.wake(successor);
    this.#init.wake(file);
  }

  /** The path of a file does not lead to it any more: it was renamed or deleted, or another took its place. */
  async depart(file: TailedFile): Promise<void> {
    this.index.unsettle(file);
    if (file.tailer.path === file.tailer.firstPath) this.#generations.left(file.tailer.meta);
    // What was written before it went has to be read before what takes its place.
    file.hasReachedEnd = false;
    if (await this.#settleAtAlias(file)) return;
    if (!file.tailer.isOpen) {
      const path = await findRenamed(file.tailer.path, file.tailer.id);
      if (file.stage === 'ended') return;
      if (path !== undefined) file.tailer.path = path;
      else if (!file.tailer.isOpen) return this.#giveUp(file);
    }
    if (this.#init.rules.matches(file.tailer.path)) this.touched(file.tailer.path);
    file.stage = 'leaving';
    this.#init.wake(file);
  }

  async #lookAtAll(): Promise<void> {
    for (const path of this.#touched) {
      this.#touched.delete(path);
      await this.#attempt(path, () => this.#look(path));
    }
    this.#looking = undefined;
  }

  async #look(path: string): Promise<void> {
    const stat = await this.#stat(path);
    const known = this.index.at(path);
    if (known !== undefined && stat !== undefined && known.tailer.id === fileId(stat)) {
      if (known.tailer.sees(Number(stat.size), Number(stat.mtimeMs)) || known.failure !== undefined) {
        this.#init.wake(known);
      }
      return;
    }
    if (known !== undefined) await this.depart(known);
    if (stat !== undefined) await this.#meet(path, stat, false);
  }

  /** The regular file at a path, unless it is one of the agent's own. Rejects where it cannot be known. */
  async #stat(path: string): Promise<BigIntStats | undefined> {
    const stat = await statFile(path, this.#init.context.source.followSymlinks);
    return stat?.isFile() && !this.#init.ownIds.has(fileId(stat)) ? stat : undefined;
  }

  /** Where the file system refuses, what is known of a path stays as it is, until the path is touched again. */
  async #attempt<T>(path: string, action: () => Promise<T>): Promise<T | undefined> {
    try {
      return await action();
    } catch (error) {
      if (!isSystemError(error)) throw error;
      const { counters, logger } = this.#init.context;
      counters.unreadable.inc();
      logger.warn('file.unreadable', `cannot look at a file: ${error.message}`, { path: displayPath(path) });
      return undefined;
    }
  }

  /** Whether the file at `path` is known: from before the start, or from another path. */
  async #recognise(path: string, stat: BigIntStats): Promise<boolean> {
    const file = this.index.byId(fileId(stat));
    if (file === undefined) {
      const { claimed, obsolete } = await this.#arrivals.remembered.claim(path, stat);
      for (const track of obsolete) await this.#giveUp(this.#arrivals.known(track, path, 0, 'leaving'));
      if (claimed !== undefined) this.#add(this.#arrivals.known(claimed, path, Number(stat.size), 'live'));
      return claimed !== undefined;
    }
    const here = file.stage === 'live' ? await this.#stat(file.tailer.path) : undefined;
    if (here !== undefined && fileId(here) === file.tailer.id) {
      this.index.addAlias(file.tailer.id, path);
    } else {
      this.index.settleAt(file, path);
      file.hasReachedEnd = false;
      this.#init.wake(file);
    }
    return true;
  }

  async #meet(path: string, stat: BigIntStats, isFirstSight: boolean): Promise<void> {
    if (await this.#recognise(path, stat)) return;
    for (const { renamedTo, stat: its } of await this.#generations.missed(path, stat.birthtimeNs)) {
      const isKnown = this.index.byId(fileId(its)) !== undefined || this.#init.rules.matches(renamedTo);
      if (!isKnown) this.#add(this.#arrivals.missed(path, renamedTo, its));
    }
    this.#add(await this.#arrivals.fresh(path, stat, isFirstSight));
  }

  /** While the source starts nothing is read: what is older may still be found. */
  #add(file: TailedFile): void {
    this.index.add(file);
    if (this.#isStarted && file.tailer.isBehind) this.#init.wake(file);
  }

  /** What is remembered and stands at no path that matches was renamed while the agent was down, or deleted. */
  async #takeInLeftBehind(): Promise<void> {
    const { remembered } = this.#arrivals;
    const { renamed, deleted } = await findLeftBehind(remembered.left);
    for (const [track, path] of renamed) {
      remembered.drop(track);
      const file = this.#arrivals.known(track, path, 0, 'leaving');
      file.hasReachedEnd = false;
      this.#add(file);
    }
    for (const track of deleted) {
      remembered.drop(track);
      await this.#giveUp(this.#arrivals.known(track, track.meta.path, 0, 'leaving'));
    }
    for (const { meta } of [...renamed.map(([track]) => track), ...deleted]) this.#generations.left(meta);
  }

  /** A file is gone with what was not read of it: that is counted as far as it is known. */
  async #giveUp(file: TailedFile): Promise<void> {
    const { counters, logger } = this.#init.context;
    const lostBytes = Math.max(file.tailer.lagBytes, file.tailer.unsentBytes);
    if (lostBytes > 0) {
      counters.bytesDeleted.inc(lostBytes);
      const path = displayPath(file.tailer.path);
      logger.warn('file.lost', 'a file was deleted before all of it was read', { path, lostBytes });
    }
    await this.end(file);
  }

  async #settleAtAlias(file: TailedFile): Promise<boolean> {
    const { id } = file.tailer;
    let isSettled = false;
    for (const path of this.index.takeAliases(id)) {
      const stat = await this.#stat(path);
      if (stat === undefined || fileId(stat) !== id) continue;
      if (isSettled) this.index.addAlias(id, path);
      else this.index.settleAt(file, path);
      isSettled = true;
    }
    if (isSettled) this.#init.wake(file);
    return isSettled;
  }
}
