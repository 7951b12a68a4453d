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
  readonly fail: (error: LcError) => void;
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

  /** Takes `file` into use where there is none; `follows` as in the journal's header. */
  begin(file: File, generation: number, follows: number | null): void {
    this.#use(file, encodeHeader(generation, follows));
  }

  /**
   * Between two writes, takes `file` into use as the journal of `generation`. Resolves with what `onSwitch` returned
   * at that very moment. The file before is closed; when there is none, or the write under way fails, `file` is.
   */
  rotate<T>(file: File, generation: number, onSwitch: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const run = (): void => {
      if (this.#file !== undefined) closeUnwatched(this.#file);
      this.#use(file, encodeHeader(generation, this.#bytes));
      resolve(onSwitch());
    };
    const fail = (error: LcError): void => {
      closeUnwatched(file);
      reject(error);
    };
    if (this.#file === undefined) fail(this.#owner.onFailed(new Error('there is no journal')));
    else if (this.#pumping === undefined) run();
    else this.#rotation = { run, fail };
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
    if (this.#file !== undefined) closeUnwatched(this.#file);
    this.#file = undefined;
    const failure = this.#owner.onFailed(error);
    group.reject(failure);
    this.#group?.reject(failure);
    this.#group = undefined;
    this.#rotation?.fail(failure);
  }
}

/** Of a file that failed, which is told already, or whose lines are all in a snapshot: closing it loses nothing. */
function closeUnwatched(file: File): void {
  file.close().catch(() => undefined);
}
