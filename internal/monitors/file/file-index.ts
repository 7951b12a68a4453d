import type { BigIntStats } from 'node:fs';
import { type FileId, fileId, isSameInode } from './identity.ts';
import type { Tailer } from './tailer.ts';

/**
 * One file that a source reads.
 *
 * - `live`: it stands at a path that matches.
 * - `leaving`: it was renamed to where nothing matches, or deleted; it is read to its end before it is let go.
 * - `ended`: all of it was read; it is forgotten when every sink is done with it.
 */
export interface TailedFile {
  readonly tailer: Tailer;
  /** The path at which it stood with others, one after the other; the oldest is read first. */
  readonly line: string;
  /** Grows with each file: the older one of two that stood at the same path is read first. */
  readonly order: number;
  stage: 'live' | 'leaving' | 'ended';
  /** Whether its end was seen once: the file that took its place may be read from then on. */
  hasReachedEnd: boolean;
  /** Since when nothing new came, in monotonic milliseconds. */
  quietSinceMs: number | undefined;
  /** Why it cannot be read at present. */
  failure: string | undefined;
}

/** The files of one source by path, by identity, and by the path at which they stood one after the other. */
export class FileIndex {
  readonly #byPath = new Map<string, TailedFile>();
  readonly #all = new Set<TailedFile>();
  /** Of two whose inode is the same the one that came last: of the other nobody noticed yet that it is gone. */
  readonly #byId = new Map<FileId, TailedFile>();
  /** Files that stood at one path one after the other, oldest first. */
  readonly #lines = new Map<string, TailedFile[]>();
  /** More paths of files that are read under another one: hard links, symlinks. */
  readonly #aliases = new Map<FileId, Set<string>>();

  /** Files at paths that match. */
  get watched(): number {
    return this.#byPath.size;
  }

  /** Paths of files that match. */
  paths(): Iterable<string> {
    return this.#byPath.keys();
  }

  /** Every file that has not ended. */
  all(): Iterable<TailedFile> {
    return this.#all;
  }

  at(path: string): TailedFile | undefined {
    return this.#byPath.get(path);
  }

  /** The file at a path, or the one that is there under a name that does not match, or else came from there. */
  about(path: string): TailedFile | undefined {
    const files = [...this.all()];
    return (
      this.at(path) ??
      files.find(({ tailer }) => tailer.path === path) ??
      files.find(({ tailer }) => tailer.firstPath === path)
    );
  }

  /** Files that stood at a path and have not ended, the oldest first. */
  line(path: string): readonly TailedFile[] {
    return this.#lines.get(path) ?? [];
  }

  byId(id: FileId): TailedFile | undefined {
    return this.#byId.get(id);
  }

  /** The file that is what was seen: an inode may be used again. */
  byStat(stat: BigIntStats): TailedFile | undefined {
    const file = this.#byId.get(fileId(stat));
    return file !== undefined && isSameInode(file.tailer.meta, stat) ? file : undefined;
  }

  add(file: TailedFile): void {
    const { tailer } = file;
    this.#all.add(file);
    this.#byId.set(tailer.id, file);
    if (file.stage === 'live') this.#byPath.set(tailer.path, file);
    const line = this.#lines.get(file.line);
    if (line === undefined) this.#lines.set(file.line, [file]);
    else line.splice(line.findLastIndex(({ order }) => order <= file.order) + 1, 0, file);
  }

  /** The file stands at `path` now. */
  settleAt(file: TailedFile, path: string): void {
    this.unsettle(file);
    file.tailer.path = path;
    file.stage = 'live';
    this.#byPath.set(path, file);
  }

  /** Its path does not lead to it any more. */
  unsettle(file: TailedFile): void {
    if (this.#byPath.get(file.tailer.path) === file) this.#byPath.delete(file.tailer.path);
  }

  /** It is read no more. */
  remove(file: TailedFile): void {
    const { tailer } = file;
    this.unsettle(file);
    this.#all.delete(file);
    if (this.#byId.get(tailer.id) === file) this.#byId.delete(tailer.id);
    const line = this.#lines.get(file.line)?.filter(each => each !== file) ?? [];
    if (line.length > 0) this.#lines.set(file.line, line);
    else this.#lines.delete(file.line);
  }

  /** Whether a file that stood at the same path before has to be read first. */
  mustWait(file: TailedFile): boolean {
    const line = this.#lines.get(file.line) ?? [];
    return line.slice(0, line.indexOf(file)).some(before => !before.hasReachedEnd);
  }

  /** Files that stood at its path after it. */
  successors(file: TailedFile): readonly TailedFile[] {
    const line = this.#lines.get(file.line) ?? [];
    return line.slice(line.indexOf(file) + 1);
  }

  addAlias(id: FileId, path: string): void {
    const aliases = this.#aliases.get(id);
    if (aliases === undefined) this.#aliases.set(id, new Set([path]));
    else aliases.add(path);
  }

  /** The other paths that led to a file, which are forgotten. */
  takeAliases(id: FileId): readonly string[] {
    const aliases = this.#aliases.get(id) ?? [];
    this.#aliases.delete(id);
    return [...aliases];
  }
}
