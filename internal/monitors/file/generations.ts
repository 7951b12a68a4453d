import type { BigIntStats } from 'node:fs';
import { dirname } from 'node:path';
import { LARGE_FOLDER } from './find-file.ts';
import { findMissed, type Missed } from './find-missed.ts';
import type { PathRules } from './globs.ts';
import { type Birth, type FileMeta, knowsBirths, TIME_STEP_MS } from './identity.ts';
import { rotatedFrom } from './rotated-names.ts';

/** Remembers which file was the last to leave a path, to find those that came and went after it unseen. */
export class Generations {
  readonly #lastBornNs = new Map<string, bigint>();
  readonly #rules: PathRules;
  readonly #sinceNs: bigint;
  /** Folders that are only listed for a path that a file is known to have left: to list them for each would not end. */
  readonly #large = new Set<string>();

  /** Of a path that nothing is known to have left, only files are expected that were born after `sinceMs`. */
  constructor(rules: PathRules, sinceMs: number) {
    this.#rules = rules;
    this.#sinceNs = BigInt(Math.floor(sinceMs) - TIME_STEP_MS) * 1_000_000n;
  }

  /** A file that was first seen at `path` is not there any more; or what was in it is not, but in a copy. */
  left({ path, born, archive, copiedNs }: Pick<FileMeta, 'path' | 'born' | 'archive' | 'copiedNs'>): void {
    // An archive is younger than what came after its original.
    if (archive !== undefined && copiedNs === undefined) return;
    const bornNs = BigInt(copiedNs ?? born);
    if (bornNs > (this.#lastBornNs.get(path) ?? 0n)) this.#lastBornNs.set(path, bornNs);
  }

  /** What stands at `path` was truncated there: copies that are younger than it, and than the source, may be of it. */
  truncated({ path, born }: Pick<FileMeta, 'path' | 'born'>): void {
    const afterNs = BigInt(born) + 1n;
    this.left({ path, born: `${afterNs > this.#sinceNs ? afterNs : this.#sinceNs}` });
  }

  /**
   * Where a file that is not known may have stood before it was renamed to `path`: it is no older than the last one
   * that is known to have left.
   */
  async originOf(path: string, { birthtimeNs }: Birth): Promise<string | undefined> {
    const origin = rotatedFrom(path);
    if (origin === undefined || !this.#rules.matches(origin) || birthtimeNs < this.#lastOf(origin))
      return undefined;
    return (await knowsBirths(dirname(path))) ? origin : undefined;
  }

  /**
   * Files that stood at `path` since the last one left it, and before `next`; oldest first. Where `next` is older than
   * what left it, it is copied and truncated: then they are copies of what it was.
   */
  async missed(
    path: string,
    next: Birth | undefined,
    isKnown: (stat: BigIntStats) => boolean,
  ): Promise<readonly Missed[]> {
    const afterNs = this.#lastOf(path);
    const folder = dirname(path);
    const isGuess = !this.#lastBornNs.has(path);
    const isTruncated = next !== undefined && next.birthtimeNs < afterNs;
    if (isGuess && isTruncated) return [];
    // Where many were deleted at once nothing stands, either.
    const isBounded = isGuess || next === undefined;
    if (isBounded && this.#large.has(folder)) return [];
    const found = await findMissed(path, {
      ...{ afterNs, next, isKnown, isTruncated, readsArchives: this.#rules.readsArchives },
      maxNames: isBounded ? LARGE_FOLDER : Number.POSITIVE_INFINITY,
    });
    if (found === undefined) this.#large.add(folder);
    return found ?? [];
  }

  /** Whether the file at `path` is older than what is known to have left it. */
  isTruncated(path: string, { birthtimeNs }: Birth): boolean {
    return birthtimeNs < (this.#lastBornNs.get(path) ?? 0n);
  }

  #lastOf(path: string): bigint {
    return this.#lastBornNs.get(path) ?? this.#sinceNs;
  }
}
