import type { BigIntStats } from 'node:fs';
import type { Clock } from '../../../pkg/clock/clock.ts';
import type { PathRules } from './globs.ts';
import { fileId } from './identity.ts';
import { type Listing, listFolder } from './scan.ts';

/** A folder counts as changed for so long: some file systems count time in steps of up to two seconds. */
const FRESH_MS = 3_000;
/** A folder is listed so often at least: some file systems do not say that one changed. */
const STALE_MS = 15_000;

interface Known {
  /** What changes when the folder does. */
  readonly print: string;
  readonly listing: Listing;
  readonly listedMs: number;
  readonly changedMs: number;
}

/** What folders hold. One is listed again when it changed; to look whether it did costs one call. */
export class Listings {
  readonly #rules: PathRules;
  readonly #followSymlinks: boolean;
  readonly #clock: Clock;
  #before: ReadonlyMap<string, Known> = new Map();
  #known = new Map<string, Known>();
  #isListedAnew = false;
  /** Folders in which something came, went or was renamed a moment ago. */
  readonly changed = new Set<string>();

  constructor(rules: PathRules, followSymlinks: boolean, clock: Clock) {
    this.#rules = rules;
    this.#followSymlinks = followSymlinks;
    this.#clock = clock;
  }

  /** A round begins: folders that are not asked for in it are forgotten. */
  begin(): void {
    this.#before = this.#known;
    this.#known = new Map();
    this.#isListedAnew = false;
    this.changed.clear();
  }

  /** Whether all that was asked for in this round is what it was in the one before. */
  get areSame(): boolean {
    return !this.#isListedAnew && this.#known.size === this.#before.size;
  }

  /** What a folder holds that looks like `stat`. Rejects where it cannot be listed. */
  async of(folder: string, stat: BigIntStats): Promise<Listing> {
    const nowMs = this.#clock.monotonicMs();
    const before = this.#before.get(folder);
    const print = `${fileId(stat)} ${stat.mtimeNs} ${stat.ctimeNs}`;
    const changedMs = before?.print === print ? before.changedMs : nowMs;
    if (nowMs - changedMs < FRESH_MS) this.changed.add(folder);
    const isStill = before !== undefined && before.listedMs - changedMs >= FRESH_MS;
    const isUsable = isStill && nowMs - before.listedMs < STALE_MS;
    if (!isUsable) this.#isListedAnew = true;
    const listing = isUsable ? before.listing : await listFolder(folder, this.#rules, this.#followSymlinks);
    this.#known.set(folder, { print, listing, changedMs, listedMs: isUsable ? before.listedMs : nowMs });
    return listing;
  }
}
