import { invariant, type LcError } from '../../pkg/errors/errors.ts';
import { type File, writeAll } from '../../pkg/fsx/fs.ts';
import { encodeHeader, encodeRecord } from './journal-format.ts';
import type { JournalRecord } from './state.ts';

/** What a journal asks of the store. */
export interface JournalOwner {
  /** Called just before a write: commits that are due. */
  takeCommits(): readonly JournalRecord[];
  /** Called after each write. */
  onWritten(): void;
  /** Called when a write failed: nothing is written any more until `begin`. What it returns is what writers get. */
  onFailed(error: unknown): LcError;
}

/** A change of files that waits for the write under way. */
interface Rotation {
  readonly run: () => void;
  readonly reject: (error: LcError) => void;
}

/**
 * The journal that is being written. Group commit: while one write is under way, all lines that come gather,
 * and go in the next single write. The store says which file is in use.
 */
export class Journal {
  readonly #owner: JournalOwner;
  #file: File | undefined;
  #bytes = 0;
  /** Goes before the first lines of a file: a file without lines stays empty. */
  #header = '';
  #lines: string[] = [];
  /** Those who wait for the next write. */
  #group: PromiseWithResolvers<void> | undefined;
  #pumping: Promise<void> | undefined;
  #rotation: Rotation | undefined;

  constructor(owner: JournalOwner) {
    this.#owner = owner;
  }

  /** Length of the file in use. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds a line to what goes in the next write. */
  append(record: JournalRecord): void {
    this.#lines.push(encodeRecord(record));
  }

  /** Drops the lines that have gathered: the snapshot that is being taken holds what they say. */
  dropLines(): void {
    this.#lines = [];
  }

  /** Resolves when everything that was appended so far, and the commits that are due, are in the file. */
  write(): Promise<void> {
    this.#group ??= Promise.withResolvers();
    const { promise } = this.#group;
    this.#pumping ??= this.#pump();
    return promise;
  }

  /** Takes `file` into use where there is none; only the snapshot of `generation` leads to it. */
  begin(file: File, generation: number): void {
    this.#use(file, encodeHeader(generation, null));
  }

  /**
   * Between two writes, takes `file` into use as the journal of `generation`, and calls `onSwitch` at that very
   * moment. Resolves with the file that was in use, which is now the caller's to close.
   */
  rotate(file: File, generation: number, onSwitch: () => void): Promise<File> {
    const { promise, resolve, reject } = Promise.withResolvers<File>();
    const run = (): void => {
      invariant(this.#file !== undefined, 'the journal was rotated while no file was in use');
      resolve(this.#file);
      this.#use(file, encodeHeader(generation, this.#bytes));
      onSwitch();
    };
    if (this.#pumping === undefined) run();
    else this.#rotation = { run, reject };
    return promise;
  }

  /** Makes what was written survive a loss of power. */
  async sync(): Promise<void> {
    await this.#file?.datasync();
  }

  /** Writes what has gathered and closes the file; goes on after `begin`. */
  async stop(): Promise<void> {
    await this.#pumping;
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  #use(file: File, header: string): void {
    this.#file = file;
    this.#bytes = 0;
    this.#header = header;
  }

  /** Never rejects: those who wait are told. */
  async #pump(): Promise<void> {
    while (this.#group !== undefined) {
      const group = this.#group;
      this.#group = undefined;
      try {
        await this.#writeLines();
        group.resolve();
        this.#rotation?.run();
      } catch (error) {
        this.#fail(error, group);
      }
      this.#rotation = undefined;
    }
    this.#pumping = undefined;
  }

  async #writeLines(): Promise<void> {
    invariant(this.#file !== undefined, 'the journal was written while no file was in use');
    for (const record of this.#owner.takeCommits()) this.append(record);
    if (this.#lines.length === 0) return;
    const data = Buffer.from(this.#header + this.#lines.join(''));
    this.#header = '';
    this.#lines = [];
    await writeAll(this.#file, data, this.#bytes);
    this.#bytes += data.length;
    this.#owner.onWritten();
  }

  #fail(error: unknown, group: PromiseWithResolvers<void>): void {
    if (this.#file !== undefined) closeAfterFailure(this.#file);
    this.#file = undefined;
    const failure = this.#owner.onFailed(error);
    for (const waiter of [group, this.#group, this.#rotation]) waiter?.reject(failure);
    this.#group = undefined;
  }
}

/** What went wrong before is told already; that closing fails too is no news. */
function closeAfterFailure(file: File): void {
  file.close().catch(() => undefined);
}
