import { errorText } from '../../../pkg/errors/errors.ts';
import type { TailedFile } from './file-index.ts';
import { isSystemError, reach } from './identity.ts';
import { displayPath } from './paths.ts';
import type { ReadClock, Visit } from './read-clock.ts';
import type { SourceContext } from './source.ts';
import type { SourceFiles } from './source-files.ts';
import type { EndStep, Step } from './step.ts';

/** A last line without newline is sent when the file is leaving and was quiet for so long (F8). */
const FINAL_AFTER_MS = 5_000;
/** Where it was not written for that long it is enough that its writer was quiet while it was looked at. */
const FINAL_IF_OLD_AFTER_MS = 1_000;
/** A file that was renamed or deleted is let go when its writer has been quiet for so long. */
const LET_GO_AFTER_MS = 60_000;
/** A file that was not written for so long is closed as soon as its end is reached. */
const OLD_AFTER_MS = 30_000;
/** Above so many active files, those that are quiet are closed early; */
const CROWDED = 64;
/** above so many, every one is whose end is reached. */
const OVERCROWDED = 512;

/** What happens when it is a file's turn: one read, and what follows from what it found. */
export class Visits {
  readonly #context: SourceContext;
  readonly #files: SourceFiles;
  readonly #reads: Pick<ReadClock<TailedFile>, 'active' | 'wake'>;

  constructor(
    context: SourceContext,
    files: SourceFiles,
    reads: Pick<ReadClock<TailedFile>, 'active' | 'wake'>,
  ) {
    this.#context = context;
    this.#files = files;
    this.#reads = reads;
  }

  async visit(file: TailedFile): Promise<Visit> {
    if (file.stage === 'ended') return this.#forgetSettled(file);
    if (this.#files.index.mustWait(file)) return 'rest';
    if (await this.#files.unseenCopies.mayBe(file)) {
      this.#files.lookForCopies(file);
      return 'rest';
    }
    const { id, meta } = file.tailer;
    const step = await this.#step(file, false);
    if (meta.headBytes === 0 && file.tailer.meta.headBytes > 0) this.#files.unseenCopies.wasRead(file);
    // What was found is not about the file in which its content is now.
    if (file.tailer.id !== id) return 'more';
    if (step === 'more' || step === 'fresh' || step === 'trickle') file.quietSinceMs = undefined;
    switch (step) {
      case 'more':
        return 'more';
      case 'fresh':
      case 'trickle':
      case 'quiet':
        // Its last line, where it has no newline yet, also comes before those of the next file.
        if (file.tailer.unsentBytes === 0) this.#reachedEnd(file);
        if (step === 'quiet' && file.stage === 'live') await this.#files.verify(file);
        return isRotated(file) ? this.#linger(file, step) : this.#pause(file, step);
      case 'changed':
        this.#files.changed(file);
        return 'rest';
      case 'absent':
        this.#files.missing(file);
        return 'rest';
      case 'failed':
        file.quietSinceMs ??= this.#context.clock.monotonicMs();
        this.#reachedEnd(file);
        return 'quiet';
      case 'stopped':
        return 'done';
    }
  }

  /** A file at its path waits for an event; what is leaving or refused is tried again and again. */
  mayRest(file: TailedFile): boolean {
    const isFinished = !isRotated(file) || file.tailer.unsentBytes === 0;
    const isWaiting = file.failure !== undefined || file.tailer.dueInMs !== undefined;
    return file.stage === 'live' && !isWaiting && isFinished;
  }

  async #step(file: TailedFile, isFinal: boolean): Promise<Step | 'failed'> {
    try {
      const step = await file.tailer.step(isFinal);
      file.failure = undefined;
      return step;
    } catch (error) {
      if (!isSystemError(error)) throw error;
      if (file.failure === undefined) this.#report(file, error);
      file.failure = errorText(error);
      return 'failed';
    }
  }

  #report(file: TailedFile, error: Error): void {
    const { counters, logger } = this.#context;
    counters.unreadable.inc();
    const path = displayPath(file.tailer.path);
    logger.warn('file.unreadable', `cannot read a file, trying again: ${error.message}`, { path });
  }

  #reachedEnd(file: TailedFile): void {
    if (file.hasReachedEnd) return;
    file.hasReachedEnd = true;
    for (const successor of this.#files.index.successors(file)) this.#reads.wake(successor);
  }

  #pause(file: TailedFile, step: EndStep): Visit {
    // What waits for more lines is asked for them soon.
    if (file.tailer.dueInMs !== undefined) return step === 'trickle' ? 'fresh' : step;
    const isOld = this.#ageMs(file) > OLD_AFTER_MS;
    const limit = step === 'quiet' ? CROWDED : OVERCROWDED;
    return isOld || this.#reads.active > limit ? 'rest' : step;
  }

  /** How long ago it was last written to. */
  #ageMs({ tailer }: TailedFile): number {
    return this.#context.clock.now() - tailer.modifiedMs;
  }

  async #linger(file: TailedFile, step: EndStep): Promise<Visit> {
    const nowMs = this.#context.clock.monotonicMs();
    file.quietSinceMs ??= nowMs;
    const quietMs = nowMs - file.quietSinceMs;
    const isOld = this.#ageMs(file) >= FINAL_AFTER_MS;
    if (quietMs >= (isOld ? FINAL_IF_OLD_AFTER_MS : FINAL_AFTER_MS) && file.tailer.unsentBytes > 0) {
      await this.#step(file, true);
      this.#reachedEnd(file);
    }
    if (quietMs < LET_GO_AFTER_MS || file.stage !== 'leaving') return step;
    this.#files.finished(file);
    return 'rest';
  }

  async #forgetSettled(file: TailedFile): Promise<Visit> {
    // The step before may have opened it once more.
    await file.tailer.close();
    if (this.#files.isKept(file)) return 'done';
    if (reach(file.tailer.progress.settledTo) !== reach(file.tailer.position)) return 'quiet';
    file.tailer.forget();
    return 'done';
  }
}

/** Whether the file left the path where it was first seen: nothing is expected to be written to it for long. */
function isRotated({ stage, tailer }: TailedFile): boolean {
  return stage === 'leaving' || tailer.path !== tailer.firstPath;
}
