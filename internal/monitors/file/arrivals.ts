import { randomUUID } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { archiveFormat } from './compression.ts';
import type { TailedFile } from './file-index.ts';
import type { Missed } from './find-missed.ts';
import { AT_START, atEnd, behindAll, type FirstPosition } from './first-position.ts';
import type { FileMeta, FilePosition, FileTrack } from './identity.ts';
import { realPath } from './open-file.ts';
import { Remembered } from './remembered.ts';
import type { SourceContext } from './source.ts';
import { Tailer } from './tailer.ts';

/** The track of a source itself: since when it reads. */
const SOURCE_KIND = 'file_source';
type SourceMeta = { readonly name: string; readonly sinceMs: number };

/** What `BigIntStats` says, or what is remembered of it. */
type FileFacts = Readonly<
  Record<'dev' | 'ino' | 'birthtimeNs' | 'size' | 'mtimeMs', bigint | number | string>
>;

/** Makes the files of a source: from what is remembered of them, or anew. */
export class Arrivals {
  readonly remembered: Remembered;
  /** Nothing is remembered of the source. */
  readonly isFirstStart: boolean;
  /** Since when the source reads, wall clock: what is younger may have been missed. */
  readonly sinceMs: number;
  readonly #context: SourceContext;
  readonly #lineOf: (path: string) => string;
  /** The oldest first: what is remembered is older than what is new. */
  readonly #orders: ReadonlyMap<string, number>;
  /** Paths at which files that are remembered were first seen. */
  readonly paths: ReadonlySet<string>;
  readonly #gone: readonly FileTrack[];
  readonly #isKnown: boolean;
  #nextOrder: number;

  /** `lineOf` says where a file that is first seen at a path stands in line. */
  constructor(context: SourceContext, lineOf: (path: string) => string) {
    const { positions, source, streams } = context;
    const tracks = positions
      .tracks<FilePosition, FileMeta>('file')
      .filter(({ meta }) => meta.source === source.name);
    this.#context = context;
    this.#lineOf = lineOf;
    const known = positions
      .tracks<null, SourceMeta>(SOURCE_KIND)
      .find(({ meta }) => meta.name === source.name);
    this.#isKnown = known !== undefined;
    this.isFirstStart = known === undefined && tracks.length === 0;
    this.sinceMs = known?.meta.sinceMs ?? context.clock.now();
    // What was still under way of it is looked for.
    const isGone = ({ meta, pending }: FileTrack): boolean => meta.isGone === true && pending.length === 0;
    this.#gone = tracks.filter(isGone);
    this.paths = new Set(tracks.map(({ meta }) => meta.path));
    this.remembered = new Remembered(
      tracks.filter(track => !isGone(track)),
      source.followSymlinks,
    );
    this.#orders = new Map(tracks.map(({ key }, order) => [key, order]));
    this.#nextOrder = tracks.length;
    for (const { nextTime } of tracks) streams.reserve(nextTime);
  }

  /** All that there is was taken in: from now on the source is known. */
  remember(): void {
    if (this.#isKnown) return;
    const { positions, source } = this.#context;
    const meta: SourceMeta = { name: source.name, sinceMs: this.sinceMs };
    positions.create<null, SourceMeta>(SOURCE_KIND, source.name, meta, null);
  }

  /** Files that were read to their end and are gone, the oldest first. */
  gone(): readonly TailedFile[] {
    return this.#gone.map(track => this.known(track, track.meta.path, 'ended'));
  }

  /** A file that is remembered. */
  known(
    track: FileTrack,
    path: string,
    stage: TailedFile['stage'],
    facts?: Pick<FileFacts, 'size' | 'mtimeMs'>,
  ): TailedFile {
    const tailer = new Tailer(this.#context, track, path);
    tailer.see(Number(facts?.size ?? 0), Number(facts?.mtimeMs ?? 0));
    const order = this.#orders.get(track.key) ?? this.#nextOrder++;
    const hasReachedEnd = !tailer.isBehind;
    const line = this.#lineOf(tailer.firstPath);
    return { tailer, line, order, stage, hasReachedEnd, quietSinceMs: undefined, failure: undefined };
  }

  /** A file that is not remembered; `isFirstSight` when it was there before the source was. */
  async fresh(path: string, stat: BigIntStats, isFirstSight: boolean): Promise<TailedFile> {
    const { source, clock } = this.#context;
    const ageMs = clock.now() - Number(stat.mtimeMs);
    const isOld = source.ignoreOlderMs > 0 && ageMs > source.ignoreOlderMs;
    const isSkipped = isOld || (isFirstSight && source.startAt === 'end');
    if (archiveFormat(path) !== undefined) return this.#create(path, stat, AT_START, 'live', isSkipped);
    const first = isSkipped ? await atEnd(path, stat, source) : AT_START;
    const file = this.#create(path, stat, first, 'live');
    // A link may lead elsewhere before the file is opened.
    if (source.followSymlinks) file.tailer.seenAt((await realPath(path)) ?? path);
    return file;
  }

  /** A file of which all was read elsewhere. */
  async read(path: string, stat: BigIntStats): Promise<TailedFile> {
    if (archiveFormat(path) !== undefined) return this.#create(path, stat, AT_START, 'live', true);
    return this.#create(path, stat, await behindAll(path, stat, this.#context.source), 'live');
  }

  /** A file that stood at `path` and was renamed to `renamedTo` before anyone looked. */
  missed(path: string, { renamedTo, stat }: Missed, stage: TailedFile['stage']): TailedFile {
    const missed = this.#create(path, stat, AT_START, stage, false, archiveFormat(renamedTo));
    missed.tailer.path = renamedTo;
    missed.tailer.seenAt(renamedTo);
    return missed;
  }

  #create(
    path: string,
    facts: FileFacts,
    { position, head }: FirstPosition,
    stage: TailedFile['stage'],
    isRead = false,
    format = archiveFormat(path),
  ): TailedFile {
    const { positions, source } = this.#context;
    const archive = format && { archive: { format, readBytes: isRead ? Number(facts.size) : 0 } };
    const id = { dev: `${facts.dev}`, ino: `${facts.ino}`, born: `${facts.birthtimeNs}` };
    const meta: FileMeta = { source: source.name, path, ...id, ...head, ...archive };
    const track = positions.create<FilePosition, FileMeta>('file', randomUUID(), meta, position);
    return this.known(track, path, stage, facts);
  }
}
