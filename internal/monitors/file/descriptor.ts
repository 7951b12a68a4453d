import { countLines } from './count-lines.ts';
import { type FilePosition, isSystemError, orNothing } from './identity.ts';
import { type Opened, pathOfDescriptor } from './open-file.ts';
import { PlainReader, type Reader } from './reader.ts';
import type { SourceContext } from './source.ts';

/** An open file, or why there is none. */
export type Access = Reader | Extract<Opened, string>;

/** A file's descriptor: opened when it is needed, given back when it is not. */
export class Descriptor {
  readonly #context: Pick<SourceContext, 'descriptors' | 'slabs'>;
  readonly #openNow: () => Promise<Access>;
  #reader: Reader | undefined;
  #opening: Promise<Access> | undefined;

  /** `openNow` proves that it is the file that is wanted. */
  constructor(context: Pick<SourceContext, 'descriptors' | 'slabs'>, openNow: () => Promise<Access>) {
    this.#context = context;
    this.#openNow = openNow;
  }

  get isOpen(): boolean {
    return this.#reader !== undefined;
  }

  /** Opens once, whoever asks. Rejects where the file system refuses. */
  async open(): Promise<Access> {
    if (this.#reader !== undefined) return this.#reader;
    this.#opening ??= this.#openAnew();
    try {
      return await this.#opening;
    } finally {
      this.#opening = undefined;
    }
  }

  /** Opens the file, so that it is still there when it is deleted. Whether that fails is found out when it is read. */
  async hold(): Promise<void> {
    try {
      await this.open();
    } catch (error) {
      if (!isSystemError(error)) throw error;
    }
  }

  async close(): Promise<void> {
    if (this.#opening !== undefined) await this.hold();
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader !== undefined) this.#context.descriptors.open--;
    await reader?.close();
  }

  /** Where the open file is now, as far as the system says. */
  get path(): string | undefined {
    return this.#reader && pathOfDescriptor(this.#reader.fd);
  }

  /** Leads to the open file on Linux, also when it was deleted. */
  get ownPath(): string | undefined {
    return this.#reader && `/proc/self/fd/${this.#reader.fd}`;
  }

  /** How long the open file is, wherever it is; `undefined` where that is not known. */
  async sizeBytes(): Promise<number | undefined> {
    const reader = this.#reader;
    return reader instanceof PlainReader ? orNothing(reader.endBy(Number.MAX_SAFE_INTEGER)) : undefined;
  }

  /** How many lines of the open file lie behind a position, as far as it can be read. */
  async linesAfter(position: FilePosition): Promise<number> {
    const slab = this.#context.slabs.acquire();
    try {
      return this.#reader === undefined
        ? 0
        : ((await orNothing(countLines(this.#reader, position, slab))) ?? 0);
    } finally {
      slab.release();
    }
  }

  async #openAnew(): Promise<Access> {
    const { descriptors } = this.#context;
    // Counted before, for many may be opened at once.
    descriptors.open++;
    try {
      const access = await this.#openNow();
      if (typeof access !== 'string') this.#reader = access;
      return access;
    } finally {
      if (this.#reader === undefined) descriptors.open--;
    }
  }
}
