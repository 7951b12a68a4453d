import type { Clock } from '../clock/clock.ts';
import type { File, Fs } from './fs.ts';

/** A call that has not returned yet. */
export interface OpenCall {
  /** `write`, `datasync` … */
  readonly kind: string;
  readonly path: string;
  /** When it was made, on the monotonic clock. */
  readonly sinceMs: number;
}

/** An `Fs` that knows which of its calls have not returned: a disk that hangs says nothing by itself. */
export class WatchedFs implements Fs {
  readonly #inner: Fs;
  readonly #clock: Clock;
  /** In order of their beginning. */
  readonly #open = new Set<OpenCall>();

  constructor(inner: Fs, clock: Clock) {
    this.#inner = inner;
    this.#clock = clock;
  }

  /** The call that has been open for longest, if any is. */
  get oldest(): OpenCall | undefined {
    return this.#open.values().next().value;
  }

  open: Fs['open'] = async (path, flags, mode) => {
    const file = await this.#watch('open', path, this.#inner.open(path, flags, mode));
    return this.#file(file, path);
  };

  readFile: Fs['readFile'] = path => this.#watch('readFile', path, this.#inner.readFile(path));
  writeFile: Fs['writeFile'] = (path, data, mode) =>
    this.#watch('writeFile', path, this.#inner.writeFile(path, data, mode));
  rename: Fs['rename'] = (from, to) => this.#watch('rename', from, this.#inner.rename(from, to));
  unlink: Fs['unlink'] = path => this.#watch('unlink', path, this.#inner.unlink(path));
  mkdir: Fs['mkdir'] = path => this.#watch('mkdir', path, this.#inner.mkdir(path));
  readdir: Fs['readdir'] = path => this.#watch('readdir', path, this.#inner.readdir(path));
  stat: Fs['stat'] = path => this.#watch('stat', path, this.#inner.stat(path));
  lstat: Fs['lstat'] = path => this.#watch('lstat', path, this.#inner.lstat(path));

  #file(file: File, path: string): File {
    return {
      read: (...args) => this.#watch('read', path, file.read(...args)),
      write: (...args) => this.#watch('write', path, file.write(...args)),
      datasync: () => this.#watch('datasync', path, file.datasync()),
      sync: () => this.#watch('sync', path, file.sync()),
      truncate: length => this.#watch('truncate', path, file.truncate(length)),
      stat: () => this.#watch('stat', path, file.stat()),
      close: () => this.#watch('close', path, file.close()),
    };
  }

  async #watch<T>(kind: string, path: string, call: Promise<T>): Promise<T> {
    const open = { kind, path, sinceMs: this.#clock.monotonicMs() };
    this.#open.add(open);
    try {
      return await call;
    } finally {
      this.#open.delete(open);
    }
  }
}
