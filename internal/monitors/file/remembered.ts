import type { BigIntStats } from 'node:fs';
import { type FileTrack, fileId, hasPosition, START } from './identity.ts';
import { openFile } from './open-file.ts';

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
   * The track of the file at `path`, which is taken out. Where one inode has several (it was truncated, or used
   * again) the content decides. Where it has one, the content is proved when the file is first read.
   */
  async claim(path: string, stat: BigIntStats): Promise<FileTrack | undefined> {
    const id = fileId(stat);
    // Numbers of devices change when a machine starts; inode, path and content together are proof enough.
    const candidates = (this.#byInode.get(`${stat.ino}`) ?? []).filter(
      ({ meta }) => fileId(meta) === id || meta.path === path,
    );
    let claimed = candidates[0];
    if (candidates.length > 1) {
      const fits = await Promise.all(candidates.map(track => this.#fits(path, stat, track)));
      claimed = candidates.findLast((_, i) => fits[i]);
    }
    if (claimed === undefined) return undefined;
    this.drop(claimed);
    const { dev } = stat;
    if (claimed.meta.dev !== `${dev}`) claimed.meta = { ...claimed.meta, dev: `${dev}` };
    return claimed;
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
    try {
      return await hasPosition(opened.handle, track.pending.at(-1)?.end ?? track.position ?? START);
    } finally {
      await opened.handle.close();
    }
  }
}
