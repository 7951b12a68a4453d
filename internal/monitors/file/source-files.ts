import type { BigIntStats } from 'node:fs';
import { dirname } from 'node:path';
import { Archives } from './archives.ts';
import { Arrivals } from './arrivals.ts';
import { Departures } from './departures.ts';
import { FileIndex, type TailedFile } from './file-index.ts';
import { findLeftBehind } from './find-file.ts';
import type { PathRules } from './globs.ts';
import { type FileId, fileId, regularFile } from './identity.ts';
import { LookQueue } from './look-queue.ts';
import type { SourceContext } from './source.ts';

export interface SourceFilesInit {
  readonly context: SourceContext;
  readonly rules: PathRules;
  /** Files of the agent itself, whatever their path. */
  readonly ownIds: ReadonlySet<FileId>;
  /** Has a file visited soon. */
  readonly wake: (file: TailedFile) => void;
}

/** How many files are looked at together when the source starts. */
const STAT_AT_ONCE = 64;

/**
 * Which files a source reads, and where they are. Whatever happened, what counts is what stands at a path now:
 * whoever has a suspicion says so, and in its turn somebody looks and compares it with what is known.
 */
export class SourceFiles {
  readonly index = new FileIndex();
  readonly #init: SourceFilesInit;
  readonly #arrivals: Arrivals;
  readonly #archives: Archives;
  readonly #departures: Departures;
  readonly #looks: LookQueue;
  #isStarted = false;

  constructor(init: SourceFilesInit) {
    const { context, rules, wake } = init;
    this.#init = init;
    this.#looks = new LookQueue(context);
    this.#arrivals = new Arrivals(context);
    const { index } = this;
    const [looks, arrivals] = [this.#looks, this.#arrivals];
    const archives = new Archives({ context, rules, index, wake, touched: path => this.touched(path) });
    this.#archives = archives;
    this.#departures = new Departures({ context, rules, index, arrivals, archives, looks, wake });
  }

  /**
   * Takes in what is there when the source starts. What is remembered comes first, so that a file that was
   * renamed while the agent was down is not called new, and is read before the one that took its place.
   */
  async start(paths: readonly string[]): Promise<void> {
    for (const file of this.#arrivals.gone()) this.#archives.keep(file);
    const strangers: [string, BigIntStats][] = [];
    for (let i = 0; i < paths.length; i += STAT_AT_ONCE) {
      const some = paths.slice(i, i + STAT_AT_ONCE);
      const stats = await Promise.all(some.map(path => this.#looks.attempt(path, () => this.#stat(path))));
      for (const [n, path] of some.entries()) {
        const stat = stats[n];
        if (stat !== undefined && !(await this.#recognise(path, stat))) strangers.push([path, stat]);
      }
    }
    await this.#takeInLeftBehind();
    for (const [path, stat] of strangers) {
      await this.#looks.attempt(path, () => this.#meet(path, stat, true));
    }
    this.#isStarted = true;
    for (const file of this.index.all()) {
      if (file.tailer.isBehind || !file.hasReachedEnd) this.#init.wake(file);
    }
    this.#looks.start();
  }

  /** Ends looking; resolves when no look is under way. */
  stop(): Promise<void> {
    this.#departures.stop();
    this.#archives.stop();
    return this.#looks.stop();
  }

  /** Something may have happened at `path`. */
  touched(path: string): void {
    if (this.#init.rules.matches(path)) this.#looks.add(path, path, () => this.#look(path));
  }

  /** The path of a file does not lead to it. */
  missing(file: TailedFile): void {
    this.#lookFor(file, async () => this.#init.wake(file));
  }

  /** The content of a file is not what was read. */
  changed(file: TailedFile): void {
    this.#lookFor(file, () => this.#departures.renew(file));
  }

  /** A file that is leaving has nothing more to give. */
  finished(file: TailedFile): void {
    this.#looks.add(file, file.tailer.path, () => this.#departures.letGo(file));
  }

  /** Whether a file that ended is remembered, although it is gone. */
  isKept(file: TailedFile): boolean {
    return this.#archives.isKept(file);
  }

  /** Looks whether another file took the place of one at which nothing is new. */
  async verify(file: TailedFile): Promise<void> {
    if (!(await this.#looks.attempt(file.tailer.path, () => this.#isInPlace(file))))
      this.touched(file.tailer.path);
  }

  async #look(path: string): Promise<void> {
    const stat = await this.#stat(path);
    const known = this.index.at(path);
    if (known !== undefined && stat !== undefined && known.tailer.id === fileId(stat)) {
      known.tailer.see(Number(stat.size), Number(stat.mtimeMs));
      if (known.tailer.isBehind || known.failure !== undefined) this.#init.wake(known);
      return;
    }
    if (known !== undefined) await this.#departures.depart(known);
    if (stat !== undefined) await this.#meet(path, stat, false);
  }

  /** Looks where a file is, and does `inPlace` where it is still at its path. */
  #lookFor(file: TailedFile, inPlace: () => Promise<void>): void {
    const { path } = file.tailer;
    this.#looks.add(file, path, async () => {
      if (file.stage === 'ended') return;
      if (await this.#isInPlace(file)) return inPlace();
      await this.#departures.depart(file);
      // Somebody else may stand there.
      this.touched(path);
    });
  }

  async #isInPlace({ tailer }: TailedFile): Promise<boolean> {
    const stat = await this.#stat(tailer.path);
    return stat !== undefined && fileId(stat) === tailer.id;
  }

  /** The regular file at a path, unless it is one of the agent's own. Rejects where it cannot be known. */
  async #stat(path: string): Promise<BigIntStats | undefined> {
    const stat = await regularFile(path, this.#init.context.source.followSymlinks);
    return stat !== undefined && !this.#init.ownIds.has(fileId(stat)) ? stat : undefined;
  }

  /** Whether the file at `path` is known: from before the start, or from another path. */
  async #recognise(path: string, stat: BigIntStats): Promise<boolean> {
    const file = this.index.byId(fileId(stat));
    if (file === undefined) {
      const { claimed, obsolete } = await this.#arrivals.remembered.claim(path, stat);
      for (const track of obsolete) {
        await this.#departures.giveUp(this.#arrivals.known(track, path, 'leaving'));
      }
      if (claimed !== undefined) this.#add(this.#arrivals.known(claimed, path, 'live', stat));
      return claimed !== undefined;
    }
    if (file.stage === 'live' && file.tailer.path !== path && (await this.#isInPlace(file))) {
      this.index.addAlias(file.tailer.id, path);
    } else {
      this.index.settleAt(file, path);
      file.hasReachedEnd = false;
      this.#init.wake(file);
    }
    return true;
  }

  async #meet(path: string, stat: BigIntStats, isFirstSight: boolean): Promise<void> {
    if (await this.#recognise(path, stat)) return;
    await this.#departures.search(dirname(path));
    if (!(await this.#archives.isNew(path, stat))) return;
    for (const { renamedTo, stat: its } of await this.#departures.generations.missed(
      path,
      stat.birthtimeNs,
    )) {
      const isKnown = this.index.byId(fileId(its)) !== undefined || this.#init.rules.matches(renamedTo);
      if (!isKnown) this.#add(this.#arrivals.missed(path, renamedTo, its));
    }
    const file = await this.#arrivals.fresh(path, stat, isFirstSight);
    this.#add(file);
    const before = this.index.predecessor(file);
    if (before === undefined) return;
    // Its writer may have gone on until the new file was there.
    before.hasReachedEnd = false;
    if (this.#isStarted) this.#init.wake(before);
  }

  /** While the source starts nothing is read: what is older may still be found. */
  #add(file: TailedFile): void {
    this.index.add(file);
    if (this.#isStarted && file.tailer.isBehind) this.#init.wake(file);
  }

  /** What is remembered and stands at no path that matches was renamed while the agent was down, or deleted. */
  async #takeInLeftBehind(): Promise<void> {
    const { remembered } = this.#arrivals;
    const { renamed, deleted } = await findLeftBehind(remembered.left);
    for (const [track, path] of renamed) {
      remembered.drop(track);
      const file = this.#arrivals.known(track, path, 'leaving');
      file.hasReachedEnd = false;
      this.#add(file);
    }
    for (const track of deleted) {
      remembered.drop(track);
      await this.#departures.giveUp(this.#arrivals.known(track, track.meta.path, 'leaving'));
    }
    for (const { meta } of [...renamed.map(([track]) => track), ...deleted]) {
      this.#departures.generations.left(meta);
    }
  }
}
