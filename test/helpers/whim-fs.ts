import { EventEmitter, once } from 'node:events';
import type { File, Fs, OpenFlags } from '../../pkg/fsx/fs.ts';

/** Takes all that is written; only the first of it; nothing, with an error; or never answers. */
export type WriteWhim = 'take' | 'some' | 'fail' | 'hang';

/** Decides what becomes of writes, and keeps what was tried. */
export class WhimWriter {
  readonly #code: string;
  readonly #tried: Buffer[] = [];
  readonly #event = new EventEmitter();
  readonly #end = Promise.withResolvers<void>();
  #whim: WriteWhim = 'take';
  #taken = 0;

  /** `code`: of the error when a write fails. */
  constructor(code: string) {
    this.#code = code;
  }

  behave(whim: WriteWhim): void {
    this.#whim = whim;
    this.#taken = 0;
  }

  /** Writes that hang fail now. */
  end(): void {
    this.#end.resolve();
  }

  /** Resolves when `count` writes have been tried in all; gives what they were to write. */
  async written(count: number): Promise<readonly Buffer[]> {
    while (this.#tried.length < count) await once(this.#event, 'write');
    return this.#tried;
  }

  async write<T>(bytes: Buffer, take: () => Promise<T>): Promise<T> {
    this.#tried.push(Buffer.from(bytes));
    this.#event.emit('write');
    if (this.#whim === 'hang') await this.#end.promise;
    const isTaken = this.#whim === 'take' || (this.#whim === 'some' && this.#taken++ === 0);
    if (isTaken) return take();
    throw Object.assign(new Error(`${this.#code}: write`), { code: this.#code });
  }
}

/** A file system on which writes go as told; the disk of one that fails is full. */
export class WhimFs extends WhimWriter implements Fs {
  readonly readFile: Fs['readFile'];
  readonly writeFile: Fs['writeFile'];
  readonly rename: Fs['rename'];
  readonly unlink: Fs['unlink'];
  readonly mkdir: Fs['mkdir'];
  readonly readdir: Fs['readdir'];
  readonly stat: Fs['stat'];
  readonly lstat: Fs['lstat'];
  readonly #inner: Fs;

  constructor(inner: Fs) {
    super('ENOSPC');
    this.#inner = inner;
    ({
      readFile: this.readFile,
      writeFile: this.writeFile,
      rename: this.rename,
      unlink: this.unlink,
      mkdir: this.mkdir,
      readdir: this.readdir,
      stat: this.stat,
      lstat: this.lstat,
    } = inner);
  }

  async open(path: string, flags: OpenFlags, mode?: number): Promise<File> {
    const file = await this.#inner.open(path, flags, mode);
    return {
      read: (...args) => file.read(...args),
      write: (buffer, offset, length, position) =>
        this.write(Buffer.from(buffer.buffer, buffer.byteOffset + offset, length), () =>
          file.write(buffer, offset, length, position),
        ),
      datasync: () => file.datasync(),
      sync: () => file.sync(),
      truncate: length => file.truncate(length),
      stat: () => file.stat(),
      close: () => file.close(),
    };
  }
}
