import { findMissed, type Missed } from './find-file.ts';
import type { FileMeta } from './identity.ts';

/** Remembers which file was the last to leave a path, to find those that came and went after it unseen. */
export class Generations {
  readonly #lastBornNs = new Map<string, bigint>();

  /** A file left the path where it was first seen. */
  left({ path, born }: FileMeta): void {
    const bornNs = BigInt(born);
    if (bornNs > (this.#lastBornNs.get(path) ?? 0n)) this.#lastBornNs.set(path, bornNs);
  }

  /** Files that stood at `path` since the last one left it, and before the one born at `bornNs`; oldest first. */
  async missed(path: string, bornNs: bigint): Promise<readonly Missed[]> {
    const afterNs = this.#lastBornNs.get(path);
    return afterNs === undefined ? [] : findMissed(path, afterNs, bornNs);
  }
}
