import type { BigIntStats } from 'node:fs';
import { findMissed, type Missed } from './find-file.ts';
import type { PathRules } from './globs.ts';
import type { FileMeta } from './identity.ts';
import { rotatedFrom } from './rotated-names.ts';

/** Remembers which file was the last to leave a path, to find those that came and went after it unseen. */
export class Generations {
  readonly #lastBornNs = new Map<string, bigint>();
  readonly #rules: PathRules;
  readonly #startNs: bigint;

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
  missed(path: string, bornNs: bigint): Promise<readonly Missed[]> {
    return findMissed(path, this.#lastOf(path), bornNs);
  }

  #lastOf(path: string): bigint {
    return this.#lastBornNs.get(path) ?? this.#startNs;
  }
}
