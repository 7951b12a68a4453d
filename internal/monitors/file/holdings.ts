import type { Timer } from '../../../pkg/clock/clock.ts';
import type { TailedFile } from './file-index.ts';
import { displayPath } from './paths.ts';
import type { SourceContext } from './source.ts';

const TOO_MUCH = 'a deleted file is given up: more than max_deleted_bytes are unread of deleted files';

export interface HoldingsInit {
  readonly context: SourceContext;
  /** Does something in turn with all that changes what is known of files. */
  readonly inTurn: (look: () => Promise<void>) => void;
  /** Ends a file with what was not read of it. */
  readonly end: (file: TailedFile) => Promise<void>;
}

/** Deleted files may still be written: how long they are is looked at so often. */
const CHECK_MS = 1_000;
/** One that cannot be read for so long will never be. */
const UNREADABLE_MS = 60_000;

/**
 * Files that were deleted and are still open: what is unread of them is held on the disk, up to `max_deleted_bytes`.
 * Above that the oldest are given up, and counted.
 */
export class Holdings {
  readonly #init: HoldingsInit;
  readonly #files = new Set<TailedFile>();
  #timer: Timer | undefined;

  constructor(init: HoldingsInit) {
    this.#init = init;
  }

  /** A file was deleted that is open. */
  async add(file: TailedFile): Promise<void> {
    this.#files.add(file);
    await this.#check();
  }

  /** Ends checking. */
  stop(): void {
    this.#timer?.clear();
  }

  async #check(): Promise<void> {
    const { source, stopping } = this.#init.context;
    const held: TailedFile[] = [];
    for (const file of this.#files) {
      if (file.stage === 'leaving' && file.tailer.descriptor.isOpen) held.push(file);
      else this.#files.delete(file);
    }
    let heldBytes = 0;
    // The newest are kept: they are what people look for.
    for (const file of held.sort((a, b) => b.order - a.order)) {
      await file.tailer.look();
      const { lagBytes, sizeBytes } = file.tailer;
      // Of one that was read nothing is lost: it only is there in case that more is written to it.
      const bytes = lagBytes > 0 ? lagBytes : sizeBytes;
      if (this.#isUnreadable(file)) await this.#giveUp(file, 'a deleted file is given up: it cannot be read');
      else if (heldBytes + bytes <= source.maxDeletedBytes) heldBytes += bytes;
      else if (lagBytes > 0) await this.#giveUp(file, TOO_MUCH);
      else await this.#init.end(file);
    }
    if (this.#files.size > 0 && !stopping.aborted) this.#checkLater();
  }

  #checkLater(): void {
    this.#timer?.clear();
    this.#timer = this.#init.context.clock.after(CHECK_MS, () => this.#init.inTurn(() => this.#check()));
  }

  #isUnreadable({ failure, quietSinceMs }: TailedFile): boolean {
    const nowMs = this.#init.context.clock.monotonicMs();
    return failure !== undefined && quietSinceMs !== undefined && nowMs - quietSinceMs >= UNREADABLE_MS;
  }

  async #giveUp(file: TailedFile, message: string): Promise<void> {
    const { counters, logger } = this.#init.context;
    const { tailer } = file;
    const lostBytes = tailer.lagBytes;
    const lostLines = await tailer.descriptor.linesAfter(tailer.position);
    counters.bytesGivenUp.inc(lostBytes);
    counters.linesGivenUp.inc(lostLines);
    const path = displayPath(tailer.path);
    logger.warn('file.given_up', message, { path, lostBytes, lostLines });
    await this.#init.end(file);
  }
}
