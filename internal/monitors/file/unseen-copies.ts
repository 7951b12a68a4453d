import type { BigIntStats } from 'node:fs';
import type { Departures } from './departures.ts';
import type { Encounters } from './encounters.ts';
import type { TailedFile } from './file-index.ts';
import type { Generations } from './generations.ts';
import { birthOf } from './identity.ts';
import type { LookQueue } from './look-queue.ts';
import type { SourceContext } from './source.ts';
import { Unsettled } from './unsettled.ts';

export interface UnseenCopiesInit {
  readonly context: SourceContext;
  readonly generations: Generations;
  readonly encounters: Encounters;
  readonly departures: Departures;
  readonly looks: LookQueue;
  readonly touched: (path: string) => void;
  readonly wake: (file: TailedFile) => void;
  /** What stands at a path. Rejects where it cannot be known. */
  readonly stat: (path: string) => Promise<BigIntStats | undefined>;
}

/** Copies of what was in a file before anything of that was read, and it was truncated: they come first. */
export class UnseenCopies {
  readonly #init: UnseenCopiesInit;
  /** When files of which nothing was read were last written, when it was looked whether there are copies of them. */
  readonly #lookedForNs = new WeakMap<TailedFile, bigint>();

  readonly #unsettled: Unsettled;

  constructor(init: UnseenCopiesInit) {
    this.#init = init;
    this.#unsettled = new Unsettled(init.context.clock, init.touched);
  }

  /** Ends waiting. */
  stop(): void {
    this.#unsettled.stop();
  }

  /** Whether a file was emptied, and nothing was read of it since: there may be copies. */
  isUnread(file: TailedFile): boolean {
    const { headBytes, archive } = file.tailer.meta;
    return headBytes === 0 && archive === undefined && this.#isTruncated(file);
  }

  /** Whether there may be copies of a file of which nothing was read, since it was looked for them. */
  async mayBe(file: TailedFile): Promise<boolean> {
    const { path } = file.tailer;
    if (!this.isUnread(file)) return false;
    const stat = await this.#init.looks.attempt(path, () => this.#init.stat(path));
    return stat !== undefined && this.#lookedForNs.get(file) !== stat.mtimeNs;
  }

  /** Looks for copies of a file of which nothing was read; `stat` is what was there before. */
  async lookFor(file: TailedFile, stat: BigIntStats): Promise<void> {
    const { encounters, departures, touched, wake } = this.#init;
    const { path, meta } = file.tailer;
    if (meta.headBytes > 0) return;
    const { files, isSure } = await encounters.missed(path, stat, file);
    if (file.tailer.meta.headBytes > 0) return;
    if (files.length === 0 && !isSure) return this.#unsettled.lookAgain(path);
    // Not before: until it is known whether there are copies nothing may be read.
    this.#lookedForNs.set(file, stat.mtimeNs);
    if (files.length === 0) return wake(file);
    await departures.end(file);
    touched(path);
  }

  /** A file was read for the first time: it may have been copied and truncated a moment before. */
  wasRead(file: TailedFile): void {
    const { looks, encounters, stat } = this.#init;
    const { tailer } = file;
    const { path } = tailer;
    if (this.#isTruncated(file))
      looks.add(tailer, path, async () => encounters.takeInMissed(path, await stat(path)));
  }

  #isTruncated({ tailer: { path, firstPath, meta } }: TailedFile): boolean {
    return path === firstPath && this.#init.generations.isTruncated(path, birthOf(meta));
  }
}
