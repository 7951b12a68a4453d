import type { BigIntStats } from 'node:fs';
import type { TailedFile } from './file-index.ts';
import { type FileTrack, isSameInode } from './identity.ts';

/** Files of one source that are remembered although they are gone. */
const MAX_GONE = 1_000;
/** The last ones, as they were: copies of them may be under way, which end where a read of theirs did. */
const WHOLE = 16;

/** What is kept of one: a few hundred bytes, most of them in the positions. */
interface GoneFile extends Pick<TailedFile, 'line' | 'order'> {
  readonly track: FileTrack;
  /** Where it was last. */
  readonly path: string;
  whole: TailedFile | undefined;
}

/**
 * Files that were read to their end and are gone: renamed to where nothing matches, deleted, or truncated. They are
 * remembered, the last ones, because they may come back, and because copies and archives of them may appear.
 */
export class GoneFiles {
  /** The oldest first. */
  readonly #files: GoneFile[] = [];
  readonly #revive: (track: FileTrack, path: string) => TailedFile;

  /** `revive` makes a file of what is remembered of one that ended. */
  constructor(revive: (track: FileTrack, path: string) => TailedFile) {
    this.#revive = revive;
  }

  /** Returns the one that is forgotten in exchange. */
  add(file: TailedFile): TailedFile | undefined {
    const { tailer, line, order } = file;
    this.#files.push({ track: tailer.track, path: tailer.path, line, order, whole: file });
    const older = this.#files.at(-WHOLE - 1);
    if (older !== undefined) older.whole = undefined;
    const forgotten = this.#files.length > MAX_GONE ? this.#files.shift() : undefined;
    return forgotten && this.#fileOf(forgotten);
  }

  has({ tailer }: TailedFile): boolean {
    return this.#files.some(({ track }) => track === tailer.track);
  }

  delete({ tailer }: TailedFile): void {
    const at = this.#files.findIndex(({ track }) => track === tailer.track);
    if (at !== -1) this.#files.splice(at, 1);
  }

  /** The one that is this file, or was it before it was truncated; the last that went. */
  same(stat: BigIntStats): TailedFile | undefined {
    const ino = `${stat.ino}`;
    const same = this.#files.findLast(({ track: { meta } }) => meta.ino === ino && isSameInode(meta, stat));
    return same && this.#fileOf(same);
  }

  all(): TailedFile[] {
    return this.#files.map(file => this.#fileOf(file));
  }

  /** Those that were first seen, or last, at one of the paths; the last that went comes first. */
  from(paths: readonly string[]): TailedFile[] {
    const from = this.#files.filter(
      ({ track, path }) => paths.includes(track.meta.path) || paths.includes(path),
    );
    return from.reverse().map(file => this.#fileOf(file));
  }

  #fileOf({ track, path, line, order, whole }: GoneFile): TailedFile {
    return whole ?? { ...this.#revive(track, path), line, order };
  }
}
