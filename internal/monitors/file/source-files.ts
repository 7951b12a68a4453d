import type { BigIntStats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Arrivals } from './arrivals.ts';
import { Copies } from './copies.ts';
import { Departures } from './departures.ts';
import { Encounters } from './encounters.ts';
import { FileIndex, type TailedFile } from './file-index.ts';
import { Generations } from './generations.ts';
import type { PathRules } from './globs.ts';
import { GoneFiles } from './gone-files.ts';
import { type FileId, fileId, isSameInode, knowsBirths, regularFile } from './identity.ts';
import { takeInLeftBehind } from './left-behind.ts';
import { LookQueue } from './look-queue.ts';
import { originalNames } from './rotated-names.ts';
import type { SourceContext } from './source.ts';
import { UnseenCopies } from './unseen-copies.ts';

export interface SourceFilesInit {
  readonly context: SourceContext;
  readonly rules: PathRules;
  /** Files of the agent itself, whatever their path. */
  readonly ownIds: ReadonlySet<FileId>;
  /** Has a file visited soon. */
  readonly wake: (file: TailedFile) => void;
  /** Has a file visited soon if it waits for that and had little to read the last time; whether so. */
  readonly wakeTrickle: (file: TailedFile) => boolean;
  /** Whether it will be, whether or not it is woken. */
  readonly isReadSoon: (file: TailedFile) => boolean;
}

/** How many files are looked at together when the source starts. */
const STAT_AT_ONCE = 64;
/** Files that are held open until it is their turn. */
const MAX_HELD = 256;

/**
 * Which files a source reads, and where they are. Whatever happened, what counts is what stands at a path now:
 * whoever has a suspicion says so, and in its turn somebody looks and compares it with what is known.
 */
export class SourceFiles {
  readonly index = new FileIndex();
  readonly #init: SourceFilesInit;
  readonly #arrivals: Arrivals;
  readonly #gone: GoneFiles;
  readonly #generations: Generations;
  readonly #copies: Copies;
  readonly #departures: Departures;
  readonly #encounters: Encounters;
  readonly looks: LookQueue;
  readonly unseenCopies: UnseenCopies;
  #isStarted = false;
  /** What there is while the source starts. */
  #firstPaths: ReadonlySet<string> = new Set();

  constructor(init: SourceFilesInit) {
    const { context, rules, wake } = init;
    this.#init = init;
    this.looks = new LookQueue(context);
    this.#arrivals = new Arrivals(context, path => this.#lineOf(path));
    this.#gone = new GoneFiles((track, path) => this.#arrivals.known(track, path, 'ended'));
    this.#generations = new Generations(rules, this.#arrivals.sinceMs);
    const shared = {
      ...{ context, rules, wake, index: this.index, gone: this.#gone },
      ...{ arrivals: this.#arrivals, generations: this.#generations },
    };
    this.#copies = new Copies({
      ...shared,
      touched: path => this.touched(path),
      isStarted: () => this.#isStarted,
    });
    this.#departures = new Departures({
      ...{ ...shared, copies: this.#copies, looks: this.looks },
      takeInMissed: path => this.#encounters.takeInMissedNow(path),
    });
    this.#encounters = new Encounters({
      ...shared,
      ...{ copies: this.#copies, departures: this.#departures },
      add: file => this.#add(file),
      isInPlace: file => this.isInPlace(file),
      isStarted: () => this.#isStarted,
    });
    this.unseenCopies = new UnseenCopies({
      ...{ ...shared, looks: this.looks, encounters: this.#encounters, departures: this.#departures },
      ...{ touched: path => this.touched(path), stat: path => this.#stat(path) },
    });
  }

  /**
   * Takes in what is there when the source starts. What is remembered comes first, so that a file that was
   * renamed while the agent was down is not called new, and is read before the one that took its place.
   */
  async start(paths: readonly string[]): Promise<void> {
    this.#firstPaths = new Set(paths);
    for (const folder of this.#init.rules.folders)
      await this.looks.attempt(folder, () => knowsBirths(folder));
    for (const file of this.#arrivals.gone()) {
      this.#gone.add(file);
      this.#generations.left(file.tailer.meta);
    }
    const strangers: [string, BigIntStats][] = [];
    for (let i = 0; i < paths.length; i += STAT_AT_ONCE) {
      const some = paths.slice(i, i + STAT_AT_ONCE);
      const stats = await Promise.all(some.map(path => this.looks.attempt(path, () => this.#stat(path))));
      for (const [n, path] of some.entries()) {
        const stat = stats[n];
        if (stat !== undefined && !(await this.#encounters.isKnown(path, stat))) strangers.push([path, stat]);
      }
    }
    await takeInLeftBehind(this.#arrivals, this.#departures, this.#generations, file => this.#add(file));
    strangers.sort(([, a], [, b]) => Number(a.mtimeNs - b.mtimeNs));
    for (const [path, stat] of strangers) {
      await this.looks.attempt(path, () => this.#encounters.meet(path, stat, this.#arrivals.isFirstStart));
    }
    this.#arrivals.remember();
    this.#isStarted = true;
    this.#firstPaths = new Set();
    for (const file of this.index.all()) {
      if (file.tailer.isBehind || !file.hasReachedEnd) void this.#wakeHeld(file);
      else if (this.unseenCopies.isUnread(file)) this.#init.wake(file);
    }
    // Where nothing stands now something may have stood since.
    for (const path of this.#arrivals.paths) if (this.index.at(path) === undefined) this.touched(path);
    this.looks.start();
  }

  /** Ends looking; resolves when no look is under way. */
  stop(): Promise<void> {
    this.#departures.stop();
    this.#copies.stop();
    this.unseenCopies.stop();
    return this.looks.stop();
  }

  /** Something may have happened at `path`. */
  touched(path: string): void {
    if (this.#init.rules.matches(path)) this.looks.add(path, path, () => this.#look(path));
  }

  /** The file at `path` was written to. Where it is about to be read nobody needs to look at it before. */
  written(path: string): void {
    const known = this.index.at(path);
    if (known === undefined || !this.#init.wakeTrickle(known)) this.touched(path);
  }

  /** Whether the file at `path` is read at the next tick whatever happens. */
  isReadSoon(path: string): boolean {
    const known = this.index.at(path);
    return known !== undefined && this.#init.isReadSoon(known);
  }

  /** The path of a file does not lead to it. */
  missing(file: TailedFile): void {
    this.#lookFor(file, async () => this.#init.wake(file));
  }

  /** The content of a file is not what was read. */
  changed(file: TailedFile): void {
    const { id } = file.tailer;
    this.#lookFor(file, async stat => {
      if (file.tailer.id === id) await this.#encounters.meetRewritten(file, stat);
    });
  }

  /** Looks for copies of what was in a file before anything was read of it: they come first. */
  lookForCopies(file: TailedFile): void {
    this.#lookFor(file, stat => this.unseenCopies.lookFor(file, stat));
  }

  /** A file that is leaving has nothing more to give. */
  finished(file: TailedFile): void {
    this.looks.add(file, file.tailer.path, () => this.#departures.letGo(file));
  }

  /** Gives the descriptor of a file back, unless what waits to be read would be lost when it is deleted. */
  async rest(file: TailedFile): Promise<void> {
    if (file.stage !== 'ended' && this.index.mustWait(file) && file.tailer.isBehind) await this.#hold(file);
    else await file.tailer.rest();
  }

  /** Whether a file that ended is remembered, although it is gone. */
  isKept(file: TailedFile): boolean {
    return this.#gone.has(file);
  }

  /** Looks whether another file took the place of one at which nothing is new. */
  async verify(file: TailedFile): Promise<void> {
    if (!(await this.looks.attempt(file.tailer.path, () => this.isInPlace(file))))
      this.touched(file.tailer.path);
  }

  /** Rotated files that are there when the source starts stand in line before the file that took their place. */
  #lineOf(path: string): string {
    const origins = originalNames(basename(path)).map(name => join(dirname(path), name));
    return origins.findLast(origin => this.#firstPaths.has(origin)) ?? path;
  }

  async #look(path: string): Promise<void> {
    const stat = await this.#stat(path);
    const known = this.index.at(path);
    if (known !== undefined && stat !== undefined && isSameInode(known.tailer.meta, stat)) {
      known.tailer.see(Number(stat.size), Number(stat.mtimeMs));
      if (known.tailer.isBehind || known.failure !== undefined) await this.#wakeHeld(known);
      return;
    }
    if (known !== undefined) await this.#departures.depart(known);
    if (stat !== undefined) await this.#encounters.meet(path, stat, false);
    else await this.#encounters.takeInMissed(path, undefined);
  }

  /** Looks where a file is, and does `inPlace` where it is still at its path. */
  #lookFor(file: TailedFile, inPlace: (stat: BigIntStats) => Promise<void>): void {
    const { path } = file.tailer;
    this.looks.add(file, path, async () => {
      if (file.stage === 'ended') return;
      const stat = await this.#stat(file.tailer.path);
      if (stat !== undefined && isSameInode(file.tailer.meta, stat)) return inPlace(stat);
      await this.#departures.depart(file);
      // Somebody else may stand there.
      this.touched(path);
    });
  }

  /** Whether its path leads to it. Rejects where it cannot be known. */
  async isInPlace({ tailer }: TailedFile): Promise<boolean> {
    const stat = await this.#stat(tailer.path);
    return stat !== undefined && isSameInode(tailer.meta, stat);
  }

  /** The regular file at a path, unless it is one of the agent's own. Rejects where it cannot be known. */
  async #stat(path: string): Promise<BigIntStats | undefined> {
    const stat = await regularFile(path, this.#init.context.source.followSymlinks);
    return stat !== undefined && !this.#init.ownIds.has(fileId(stat)) ? stat : undefined;
  }

  /** While the source starts nothing is read: what is older may still be found. */
  #add(file: TailedFile): void {
    this.index.add(file);
    if (this.#isStarted && file.tailer.isBehind) void this.#wakeHeld(file);
  }

  /** Has a file visited, and opens it: it may be deleted before it is its turn. */
  async #wakeHeld(file: TailedFile): Promise<void> {
    this.#init.wake(file);
    await this.#hold(file);
  }

  async #hold({ tailer }: TailedFile): Promise<void> {
    if (this.#init.context.descriptors.open < MAX_HELD) await tailer.descriptor.hold();
  }
}
