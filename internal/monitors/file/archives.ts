import type { BigIntStats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Timer } from '../../../pkg/clock/clock.ts';
import { ArchiveReader } from './archive-reader.ts';
import { type ArchiveFormat, archiveFormat, plainPath } from './compression.ts';
import type { FileIndex, TailedFile } from './file-index.ts';
import { listNames } from './find-file.ts';
import type { PathRules } from './globs.ts';
import { fileId, NO_HEAD, regularFile } from './identity.ts';
import { openFile } from './open-file.ts';
import type { SourceContext } from './source.ts';

export interface ArchivesInit {
  readonly context: SourceContext;
  readonly rules: PathRules;
  readonly index: FileIndex;
  readonly wake: (file: TailedFile) => void;
  readonly touched: (path: string) => void;
}

/** An archive that was written to within this time may not be whole yet. */
const SETTLE_MS = 2_000;
/** Files that are gone and remembered, in case they are found again in an archive. */
const MAX_GONE = 1_000;

/**
 * Knows plain files again in what they were compressed to, by their content: the head, and what stood before the
 * position. A file goes on in its archive when it is gone; until then the archive is left alone.
 */
export class Archives {
  readonly #init: ArchivesInit;
  /** Read to their end and gone, the oldest first. */
  readonly #gone: TailedFile[] = [];
  readonly #timers = new Map<string, Timer>();

  constructor(init: ArchivesInit) {
    this.#init = init;
  }

  /** Ends waiting. */
  stop(): void {
    for (const timer of this.#timers.values()) timer.clear();
  }

  /** Whether a file that ended is to be remembered, which it then is. */
  keep(file: TailedFile): boolean {
    const { meta } = file.tailer;
    const { source } = this.#init.context;
    if (source.compressed === 'skip' || meta.archive !== undefined || meta.headBytes === 0) return false;
    if (meta.isGone !== true) file.tailer.keep();
    this.#gone.push(file);
    if (this.#gone.length > MAX_GONE) this.#init.wake(this.#gone.shift()!);
    return true;
  }

  isKept(file: TailedFile): boolean {
    return this.#gone.includes(file);
  }

  /**
   * An archive was found that is not known. Whether it is to be read as a file of its own: not where it holds what
   * is known, and not before it is whole.
   */
  async isNew(path: string, stat: BigIntStats): Promise<boolean> {
    const { index, context } = this.#init;
    const format = archiveFormat(path);
    if (format === undefined) return true;
    const ageMs = context.clock.now() - Number(stat.mtimeMs);
    if (ageMs >= 0 && ageMs < SETTLE_MS) {
      this.#lookAgain(path);
      return false;
    }
    const plain = [...index.all(), ...this.#gone].filter(({ tailer }) => tailer.meta.archive === undefined);
    const origin = await this.#originOf(path, stat, format, plain);
    if (typeof origin === 'object' && this.isKept(origin)) await this.#move(origin, path, stat, format);
    return origin === 'none';
  }

  /** A file is gone: where it was compressed, it goes on there. Whether it does. */
  async rescue(file: TailedFile): Promise<boolean> {
    const { context, index } = this.#init;
    const { tailer } = file;
    if (context.source.compressed === 'skip' || tailer.meta.archive !== undefined) return false;
    const folder = dirname(tailer.path);
    const stem = basename(tailer.firstPath).replace(/\.[^.]*$/, '');
    const paths = (await listNames(folder))
      .filter(name => name.startsWith(stem))
      .map(name => join(folder, name));
    const likely = paths.filter(path => plainPath(path) === tailer.path);
    for (const path of new Set([...likely, ...paths])) {
      const format = archiveFormat(path);
      if (format === undefined || index.at(path) !== undefined) continue;
      const stat = await regularFile(path, context.source.followSymlinks);
      if (stat === undefined || (await this.#originOf(path, stat, format, [file])) !== file) continue;
      await this.#move(file, path, stat, format);
      return true;
    }
    return false;
  }

  /** Which of the files was compressed to the archive at `path`; one with its name where several fit. */
  async #originOf(
    path: string,
    stat: BigIntStats,
    format: ArchiveFormat,
    files: readonly TailedFile[],
  ): Promise<TailedFile | 'none' | 'absent'> {
    const { followSymlinks } = this.#init.context.source;
    const opened = await openFile(path, fileId(stat), NO_HEAD, followSymlinks);
    if (typeof opened === 'string') return 'absent';
    const reader = new ArchiveReader(opened.handle, format);
    try {
      const hasName = ({ tailer }: TailedFile): boolean => tailer.path === plainPath(path);
      const likely = files.filter(hasName);
      const others = files.filter(file => !hasName(file) && file.tailer.meta.headBytes > 0);
      for (const file of [...likely, ...others]) {
        if ((await reader.hasHead(file.tailer.meta)) && (await reader.hasBefore(file.tailer.seenTo)))
          return file;
      }
      return 'none';
    } finally {
      await reader.close();
    }
  }

  async #move(file: TailedFile, path: string, stat: BigIntStats, format: ArchiveFormat): Promise<void> {
    const { index, rules, wake } = this.#init;
    index.remove(file);
    await file.tailer.moveInto(path, stat, format);
    file.stage = rules.matches(path) ? 'live' : 'leaving';
    file.hasReachedEnd = false;
    file.quietSinceMs = undefined;
    index.add(file);
    const at = this.#gone.indexOf(file);
    if (at !== -1) this.#gone.splice(at, 1);
    wake(file);
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
