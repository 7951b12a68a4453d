import type { BigIntStats } from 'node:fs';
import { readerOf } from './archive-reader.ts';
import { archiveFormat } from './compression.ts';
import { type FileTrack, fileId, formatOf, isSameBirth, START } from './identity.ts';
import { openFile } from './open-file.ts';

/** What is remembered of a file that was found. */
export interface Claim {
  readonly claimed: FileTrack | undefined;
  /** Tracks of content that is not there any more. */
  readonly obsolete: readonly FileTrack[];
}

/** The tracks of one source that were remembered and have not been found on the disk yet. */
export class Remembered {
  readonly #byInode = new Map<string, FileTrack[]>();
  readonly #followSymlinks: boolean;

  constructor(tracks: readonly FileTrack[], followSymlinks: boolean) {
    this.#followSymlinks = followSymlinks;
    for (const track of tracks) {
      const same = this.#byInode.get(track.meta.ino);
      if (same === undefined) this.#byInode.set(track.meta.ino, [track]);
      else same.push(track);
    }
  }

  /** Those not claimed, oldest first. */
  get left(): readonly FileTrack[] {
    return [...this.#byInode.values()].flat();
  }

  /**
   * Takes out what is remembered of the file at `path`. Where one inode has several tracks (it was truncated, or
   * used again) the content decides. Where it has one, the content is proved when the file is first read.
   */
  async claim(path: string, stat: BigIntStats): Promise<Claim> {
    const id = fileId(stat);
    // Numbers of devices change when a machine starts; inode, path and content together are proof enough.
    const candidates = (this.#byInode.get(`${stat.ino}`) ?? []).filter(
      ({ meta }) =>
        (fileId(meta) === id || meta.path === path) &&
        isSameBirth(meta, stat) &&
        formatOf(meta) === archiveFormat(path),
    );
    let claimed = candidates[0];
    if (candidates.length > 1) {
      const fits = await Promise.all(candidates.map(track => this.#fits(path, stat, track)));
      claimed = candidates.findLast((_, i) => fits[i]);
    }
    for (const track of candidates) this.drop(track);
    const dev = `${stat.dev}`;
    if (claimed !== undefined && claimed.meta.dev !== dev) claimed.meta = { ...claimed.meta, dev };
    return { claimed, obsolete: candidates.filter(track => track !== claimed) };
  }

  /** Takes a track out. */
  drop(track: FileTrack): void {
    const rest = (this.#byInode.get(track.meta.ino) ?? []).filter(each => each !== track);
    if (rest.length > 0) this.#byInode.set(track.meta.ino, rest);
    else this.#byInode.delete(track.meta.ino);
  }

  async #fits(path: string, stat: BigIntStats, track: FileTrack): Promise<boolean> {
    const opened = await openFile(path, fileId(stat), track.meta, this.#followSymlinks);
    if (typeof opened === 'string') return false;
    const position = track.pending.at(-1)?.end ?? track.readTo ?? START;
    const reader = readerOf(opened.handle, track.meta.archive);
    try {
      return await reader.hasBefore(position);
    } finally {
      await reader.close();
    }
  }
}
