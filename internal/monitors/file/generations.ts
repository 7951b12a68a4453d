import type { BigIntStats } from 'node:fs';
import { dirname } from 'node:path';
import { findMissed, listNames, type Missed } from './find-file.ts';
import type { PathRules } from './globs.ts';
import type { FileMeta } from './identity.ts';
import { rotatedFrom } from './rotated-names.ts';

/** A folder of more files is only listed for a path that one is known to have left: to list it for each would not end. */
const LARGE = 1_000;

/** Remembers which file was the last to leave a path, to find those that came and went after it unseen. */
export class Generations {
  readonly #lastBornNs = new Map<string, bigint>();
  readonly #rules: PathRules;
  readonly #startNs: bigint;
  readonly #large = new Set<string>();

  /** Of a path that nothing is known to have left, files that were born after the start are expected only. */
  constructor(rules: PathRules, startMs: number) {
    this.#rules = rules;
    this.#startNs = BigInt(startMs) * 1_000_000n;
  }

  /** A file is not where it was first seen any more. */
  left({ meta: { path, born } }: { readonly meta: FileMeta }): void {
    const bornNs = BigInt(born);
    if (bornNs > (this.#lastBornNs.get(path) ?? 0n)) this.#lastBornNs.set(path, bornNs);
  }

  /** Where a file may have stood before it was renamed to `path`: after the last one that is known to have left it. */
  originOf(path: string, { birthtimeNs, ctimeNs }: BigIntStats): string | undefined {
    const origin = rotatedFrom(path);
    if (origin === undefined || birthtimeNs === ctimeNs || !this.#rules.matches(origin)) return undefined;
    return birthtimeNs > this.#lastOf(origin) ? origin : undefined;
  }

  /** Files that stood at `path` since the last one left it, and before the one born at `bornNs`; oldest first. */
  async missed(path: string, bornNs: bigint): Promise<readonly Missed[]> {
    const afterNs = this.#lastOf(path);
    const folder = dirname(path);
    const isGuess = !this.#lastBornNs.has(path);
    if (bornNs <= afterNs || (isGuess && this.#large.has(folder))) return [];
    const names = await listNames(folder);
    if (names.length > LARGE) this.#large.add(folder);
    return findMissed(path, names, afterNs, bornNs);
  }

  #lastOf(path: string): bigint {
    return this.#lastBornNs.get(path) ?? this.#startNs;
  }
}
