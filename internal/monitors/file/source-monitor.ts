import { delay } from '../../../pkg/clock/clock.ts';
import { Discovery } from './discovery.ts';
import type { TailedFile } from './file-index.ts';
import type { Decision, PathRules } from './globs.ts';
import { type FileId, isSystemError } from './identity.ts';
import { displayPath } from './paths.ts';
import { ReadClock, type Visit } from './read-clock.ts';
import type { SourceContext } from './source.ts';
import { SourceFiles } from './source-files.ts';
import { Visits } from './visits.ts';

/** What `explain` and the status page say of one file. */
export interface FileStatus {
  readonly source: string;
  readonly path: string;
  readonly identity: string;
  readonly offset: number;
  /** Up to here every sink is done with it. */
  readonly settledOffset: number;
  readonly sizeBytes: number;
  readonly lagBytes: number;
  /** Why nothing can be read at present. */
  readonly failure: string | undefined;
  readonly waitsFor: string;
}

/** What a source makes of a path. */
export interface PathReport extends Decision {
  readonly source: string;
  /** The file that stands there, or that was renamed to there or from there; `undefined` where none is read. */
  readonly file: FileStatus | undefined;
  /** The labels of its lines, a set for each output in a log of entries; none where it is not read. */
  readonly labels: readonly Readonly<Record<string, string>>[];
}

/** Reads under way at once in one source: a mount that hangs stalls its own source and nothing else. */
const READS_AT_ONCE = 2;
/** A read that takes longer is told of: it is not to be expected of a disk. */
const SLOW_READ_MS = 30_000;
/** How often it is looked whether deleted files have been read, when a source is to go. */
const FINISH_PERIOD_MS = 50;

/** One source at work: discovery tells what may have changed, files know what stands where, the clock has them read. */
export class SourceMonitor {
  readonly #context: SourceContext;
  readonly #rules: PathRules;
  readonly #discovery: Discovery;
  readonly #files: SourceFiles;
  readonly #reads: ReadClock<TailedFile>;
  /** Files being visited, and since when, on the monotonic clock. */
  readonly #visited = new Map<TailedFile, number>();

  constructor(context: SourceContext, rules: PathRules, ownIds: ReadonlySet<FileId>) {
    this.#context = context;
    this.#rules = rules;
    this.#reads = new ReadClock<TailedFile>({
      clock: context.clock,
      slots: READS_AT_ONCE,
      visit: file => this.#visit(file, visits),
      mayRest: file => visits.mayRest(file),
      dueInMs: file => file.tailer.dueInMs,
      onRest: file => this.#files.rest(file),
    });
    this.#files = new SourceFiles({
      ...{ context, rules, ownIds },
      wake: file => this.#reads.wake(file),
      wakeTrickle: file => this.#reads.wakeTrickle(file),
      isReadSoon: file => this.#reads.isSoon(file),
    });
    const visits = new Visits(context, this.#files, this.#reads);
    this.#discovery = new Discovery({
      context,
      rules,
      touched: path => this.#files.touched(path),
      written: path => this.#files.written(path),
      isReadSoon: path => this.#files.isReadSoon(path),
      watched: () => this.#files.index.watched,
      known: () => this.#files.index.paths(),
    });
  }

  /** Resolves when what is there is known and being read. */
  async start(): Promise<void> {
    await this.#files.start(await this.#discovery.start());
  }

  /** Resolves when files that are not at their path any more are read to their end: deleted ones cannot be opened again. */
  async finish(): Promise<void> {
    const { clock, stopping } = this.#context;
    const isUnread = ({ stage, failure, tailer }: TailedFile): boolean =>
      stage !== 'ended' && failure === undefined && tailer.lagBytes > 0;
    const gone: TailedFile[] = [];
    for (const file of [...this.#files.index.all()].filter(isUnread))
      if (await this.#isGone(file)) gone.push(file);
    while (!stopping.aborted && gone.some(isUnread)) await delay(clock, FINISH_PERIOD_MS, stopping);
  }

  /** No chunk is published after it resolves, and no file is open. */
  async stop(): Promise<void> {
    await this.#discovery.close();
    await this.#files.stop();
    await this.#reads.stop();
    for (const { tailer } of this.#files.index.all()) await tailer.close();
  }

  get watched(): number {
    return this.#files.index.watched;
  }

  get open(): number {
    return this.#context.descriptors.open;
  }

  /** Unread bytes of the file that is furthest behind. */
  get lagBytes(): number {
    let worst = 0;
    for (const { tailer } of this.#files.index.all()) worst = Math.max(worst, tailer.lagBytes);
    return worst;
  }

  /** Why some file cannot be read at present; `undefined` when all can. */
  failure(): string | undefined {
    if (Math.max(this.#discovery.busyMs, this.#files.looks.busyMs) >= SLOW_READ_MS)
      return `${this.#rules.folders.map(displayPath).join(', ')}: a look does not come back: is the mount alive?`;
    const nowMs = this.#context.clock.monotonicMs();
    for (const [{ tailer }, sinceMs] of this.#visited) {
      // Waiting for others is honest; the disk says nothing while it hangs.
      if (tailer.progress.waitsFor !== undefined || nowMs - sinceMs < SLOW_READ_MS) continue;
      return `${displayPath(tailer.path)}: a read does not come back: is its mount alive?`;
    }
    for (const { failure, tailer } of this.#files.index.all()) {
      if (failure !== undefined) return `${displayPath(tailer.path)}: ${failure}`;
    }
    return undefined;
  }

  status(): FileStatus[] {
    return Array.from(this.#files.index.all(), file => this.#statusOf(file));
  }

  /** `path` is absolute. */
  explain(path: string): PathReport {
    const file = this.#files.index.about(path);
    const decision = this.#rules.decide(path);
    const { streams, source } = this.#context;
    const outputs = source.format === 'text' ? [undefined] : (['stdout', 'stderr'] as const);
    const isRead = decision.isMatched || file !== undefined;
    const labels = outputs.map(
      output => streams.of(file?.tailer.firstPath ?? path, undefined, output).labels,
    );
    return {
      ...{ source: source.name, ...decision },
      file: file && this.#statusOf(file),
      labels: isRead ? labels.map(each => each.toJSON()) : [],
    };
  }

  async #isGone(file: TailedFile): Promise<boolean> {
    try {
      return file.stage !== 'live' || !(await this.#files.isInPlace(file));
    } catch (error) {
      if (!isSystemError(error)) throw error;
      // It cannot be known: then it is not waited for.
      return false;
    }
  }

  async #visit(file: TailedFile, visits: Visits): Promise<Visit> {
    this.#visited.set(file, this.#context.clock.monotonicMs());
    const visit = await visits.visit(file);
    this.#visited.delete(file);
    return visit;
  }

  #statusOf(file: TailedFile): FileStatus {
    return {
      source: this.#context.source.name,
      path: displayPath(file.tailer.path),
      identity: file.tailer.id,
      offset: file.tailer.position.offset,
      settledOffset: file.tailer.progress.settledTo.offset,
      sizeBytes: file.tailer.sizeBytes,
      lagBytes: file.tailer.lagBytes,
      failure: file.failure,
      waitsFor: this.#waitsFor(file),
    };
  }

  #waitsFor(file: TailedFile): string {
    if (file.failure !== undefined) return 'another try';
    if (this.#files.index.mustWait(file)) return 'the file that stood here before to be read';
    if (file.tailer.progress.waitsFor !== undefined) return file.tailer.progress.waitsFor;
    if (file.stage === 'leaving') return 'its last lines, before it is let go';
    if (this.#reads.has(file)) return 'its next read';
    return this.#discovery.mode === 'events' ? 'an event' : 'the next poll';
  }
}
