import type { Arrivals } from './arrivals.ts';
import type { FileIndex, TailedFile } from './file-index.ts';
import { findRenamed } from './find-file.ts';
import { Generations } from './generations.ts';
import type { PathRules } from './globs.ts';
import { fileId, regularFile } from './identity.ts';
import { displayPath } from './paths.ts';
import type { SourceContext } from './source.ts';

export interface DeparturesInit {
  readonly context: SourceContext;
  readonly rules: PathRules;
  readonly index: FileIndex;
  readonly arrivals: Arrivals;
  readonly wake: (file: TailedFile) => void;
}

/** What becomes of files that are not where, or not what, they were. */
export class Departures {
  readonly generations = new Generations();
  readonly #init: DeparturesInit;

  constructor(init: DeparturesInit) {
    this.#init = init;
  }

  /** The path of a file does not lead to it any more: it was renamed or deleted, or another took its place. */
  async depart(file: TailedFile): Promise<void> {
    const { index, rules, wake } = this.#init;
    const { tailer } = file;
    index.unsettle(file);
    if (tailer.path === tailer.firstPath) this.generations.left(tailer.meta);
    // What was written before it went has to be read before what takes its place.
    file.hasReachedEnd = false;
    if (await this.#settleAtAlias(file)) return;
    const path = await findRenamed(tailer.path, tailer.id);
    if (path === undefined && !tailer.isOpen) return this.giveUp(file);
    if (path !== undefined && rules.matches(path)) {
      index.settleAt(file, path);
    } else {
      tailer.path = path ?? tailer.path;
      file.stage = 'leaving';
    }
    wake(file);
  }

  /** The content of a file is not what was read: it begins anew. What was seen and not sent is counted as lost. */
  async renew(file: TailedFile): Promise<void> {
    const { index, arrivals, wake } = this.#init;
    const { counters, logger } = this.#init.context;
    const path = displayPath(file.tailer.path);
    const lostBytes = file.tailer.unsentBytes;
    if (lostBytes > 0) counters.bytesTruncated.inc(lostBytes);
    logger.info('file.changed', 'reading a file from the start that was truncated or written anew', {
      path,
      lostBytes,
    });
    const renewed = arrivals.renewed(file);
    await this.end(file);
    index.add(renewed);
    wake(renewed);
  }

  /** A file is gone with what was not read of it: that is counted as far as it is known. */
  async giveUp(file: TailedFile): Promise<void> {
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
    const { index, wake } = this.#init;
    const successors = index.successors(file);
    file.stage = 'ended';
    file.hasReachedEnd = true;
    index.remove(file);
    await file.tailer.close();
    for (const successor of successors) wake(successor);
    wake(file);
  }

  async #settleAtAlias(file: TailedFile): Promise<boolean> {
    const { index, wake, context } = this.#init;
    const { id } = file.tailer;
    let isSettled = false;
    for (const path of index.takeAliases(id)) {
      const stat = await regularFile(path, context.source.followSymlinks);
      if (stat === undefined || fileId(stat) !== id) continue;
      if (isSettled) index.addAlias(id, path);
      else index.settleAt(file, path);
      isSettled = true;
    }
    if (isSettled) wake(file);
    return isSettled;
  }
}
