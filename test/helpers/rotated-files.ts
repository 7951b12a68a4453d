import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

/** How rotation names what it puts aside: `.0 .1 .2`, logrotate's `.1` for the newest, or its `dateext`. */
export type Naming = 'growing' | 'shifting' | 'dated';

const FIRST_DATE = 20_260_101;
/** gzip writes more than once. */
const PIECES = 3;
/** Some compressors keep microseconds, and JavaScript's numbers no more than that. */
const LOST_SECONDS = 1e-6;

/** What rotation put aside of one log file, and the names that it gives. */
export class RotatedFiles {
  readonly #path: string;
  readonly #naming: Naming;
  /** Behind the path, the newest first: `.1`, `.2.gz`. */
  #suffixes: string[] = [];
  #rotations = 0;

  constructor(path: string, naming: Naming) {
    this.#path = path;
    this.#naming = naming;
  }

  /** Where what is rotated now goes to; that place is made free, as logrotate does it. */
  async next(): Promise<string> {
    const number = this.#rotations++;
    if (this.#naming === 'shifting') await this.#shift();
    const suffix = { growing: `.${number}`, shifting: '.1', dated: `-${FIRST_DATE + number}` }[this.#naming];
    this.#suffixes.unshift(suffix);
    return this.#path + suffix;
  }

  /**
   * Compresses the newest that is not, as gzip and logrotate do: beside it and with its time, and then it is removed.
   * `pause` lets others look at what is there so far.
   */
  async compressNewest(pause: () => Promise<void>): Promise<void> {
    const newest = this.#suffixes.findIndex(suffix => !suffix.endsWith('.gz'));
    if (newest === -1) return;
    const plain = this.#path + this.#suffixes[newest]!;
    this.#suffixes[newest] += '.gz';
    const { mtimeNs } = await stat(plain, { bigint: true });
    const seconds = Number(mtimeNs) / 1e9 - LOST_SECONDS;
    const bytes = gzipSync(await readFile(plain));
    const archive = await open(`${plain}.gz`, 'wx');
    for (let piece = 0; piece < PIECES; piece++) {
      const [from, to] = [piece, piece + 1].map(n => Math.floor((n * bytes.length) / PIECES));
      await archive.write(bytes.subarray(from, to));
      await pause();
    }
    await archive.utimes(seconds, seconds);
    await archive.close();
    await pause();
    await rm(plain);
  }

  async #shift(): Promise<void> {
    const shifted = this.#suffixes.map((suffix, n) => suffix.replace(/\d+/, `${n + 2}`));
    for (const [n, suffix] of [...this.#suffixes.entries()].reverse())
      await rename(this.#path + suffix, this.#path + shifted[n]!);
    this.#suffixes = shifted;
  }
}
