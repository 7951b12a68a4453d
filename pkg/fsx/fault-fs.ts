import type { Stats } from 'node:fs';
import type { File, Fs, OpenFlags } from './fs.ts';

/** Calls of `Fs`, and of `File` (`fstat` is `File.stat`). */
export type FsCallKind = Exclude<keyof Fs, 'stat'> | Exclude<keyof File, 'stat'> | 'stat' | 'fstat';

/**
 * What goes wrong, and when. `nth` counts calls from 1: those of `kind`, or all where `kind` is left out.
 *
 * - `fail`: the call does nothing and rejects with the system error `code`; so do the following ones, `times` in all.
 * - `short`: a `write` takes only its first `bytes`.
 * - `die`: the process is killed just before the call (a `write` may get its first `bytes` out before): this
 *   call and all later ones reject with `EDEAD`, and all files are closed.
 */
export type Fault = { readonly kind?: FsCallKind; readonly nth: number } & (
  | { readonly effect: 'fail'; readonly code: 'ENOSPC' | 'EIO' | 'EACCES' | 'EROFS'; readonly times?: number }
  | { readonly effect: 'short'; readonly bytes: number }
  | { readonly effect: 'die'; readonly bytes?: number }
);

export interface FsCall {
  readonly kind: FsCallKind;
  readonly path: string;
}

/**
 * For tests: an `Fs` that wraps another and breaks as told.
 *
 *     const fs = new FaultFs(nodeFs, { kind: 'datasync', nth: 2, effect: 'fail', code: 'ENOSPC' });
 */
export class FaultFs implements Fs {
  /** Every call so far, in order, failed ones too. */
  readonly calls: FsCall[] = [];
  readonly #inner: Fs;
  readonly #open = new Set<File>();
  readonly #counts = new Map<FsCallKind, number>();
  #faults: readonly Fault[];
  #isDead = false;

  constructor(inner: Fs, ...faults: Fault[]) {
    this.#inner = inner;
    this.#faults = faults;
  }

  /** Whether a `die` was reached. */
  get isDead(): boolean {
    return this.#isDead;
  }

  /** From now on breaks as told here; the calls so far count. */
  fail(...faults: Fault[]): void {
    this.#faults = faults;
  }

  /** Takes all faults away: space is free again. The dead stay dead. */
  heal(): void {
    this.#faults = [];
  }

  open(path: string, flags: OpenFlags, mode?: number): Promise<File> {
    return this.#call('open', path, async () => {
      const file = await this.#inner.open(path, flags, mode);
      this.#open.add(file);
      return this.#wrap(file, path);
    });
  }

  readFile(path: string): Promise<Buffer> {
    return this.#call('readFile', path, () => this.#inner.readFile(path));
  }

  writeFile(path: string, data: Uint8Array, mode?: number): Promise<void> {
    return this.#call('writeFile', path, () => this.#inner.writeFile(path, data, mode));
  }

  rename(from: string, to: string): Promise<void> {
    return this.#call('rename', from, () => this.#inner.rename(from, to));
  }

  unlink(path: string): Promise<void> {
    return this.#call('unlink', path, () => this.#inner.unlink(path));
  }

  mkdir(path: string): Promise<void> {
    return this.#call('mkdir', path, () => this.#inner.mkdir(path));
  }

  readdir(path: string): Promise<string[]> {
    return this.#call('readdir', path, () => this.#inner.readdir(path));
  }

  stat(path: string): Promise<Stats> {
    return this.#call('stat', path, () => this.#inner.stat(path));
  }

  lstat(path: string): Promise<Stats> {
    return this.#call('lstat', path, () => this.#inner.lstat(path));
  }

  #wrap(file: File, path: string): File {
    return {
      read: (buffer, offset, length, position) =>
        this.#call('read', path, () => file.read(buffer, offset, length, position)),
      write: (buffer, offset, length, position) => {
        const write = (bytes: number) => file.write(buffer, offset, Math.min(bytes, length), position);
        return this.#call('write', path, () => write(length), write);
      },
      datasync: () => this.#call('datasync', path, () => file.datasync()),
      sync: () => this.#call('sync', path, () => file.sync()),
      truncate: length => this.#call('truncate', path, () => file.truncate(length)),
      stat: () => this.#call('fstat', path, () => file.stat()),
      close: () =>
        this.#call('close', path, () => {
          this.#open.delete(file);
          return file.close();
        }),
    };
  }

  /** `part` does the first bytes of the call, where that makes sense. */
  async #call<R>(
    kind: FsCallKind,
    path: string,
    whole: () => Promise<R>,
    part?: (bytes: number) => Promise<R>,
  ): Promise<R> {
    if (this.#isDead) throw systemError('EDEAD', kind, path);
    this.calls.push({ kind, path });
    const ofKind = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, ofKind);
    const fault = this.#faults.find(each => {
      const count = each.kind === undefined ? this.calls.length : each.kind === kind ? ofKind : 0;
      const times = each.effect === 'fail' ? (each.times ?? 1) : 1;
      return count >= each.nth && count < each.nth + times;
    });
    if (fault === undefined) return whole();
    if (fault.effect === 'fail') throw systemError(fault.code, kind, path);
    if (fault.effect === 'short') return part === undefined ? whole() : part(fault.bytes);
    this.#isDead = true;
    if (part !== undefined && fault.bytes !== undefined) await part(fault.bytes);
    await Promise.all([...this.#open].map(file => file.close()));
    throw systemError('EDEAD', kind, path);
  }
}

/**
 * Runs `scenario` again and again, killed before its first call, its second, and so on until it ends alive;
 * after each run `inspect` looks at what is on the disk, as the next start would. Returns the number of calls.
 * A scenario that fails while its file system is alive fails the test.
 */
export async function killAtEachCall(
  inner: Fs,
  scenario: (fs: FaultFs, round: number) => Promise<void>,
  inspect: (round: number) => Promise<void>,
): Promise<number> {
  for (let round = 1; ; round++) {
    const fs = new FaultFs(inner, { nth: round, effect: 'die' });
    try {
      await scenario(fs, round);
    } catch (error) {
      if (!fs.isDead) throw error;
    }
    await inspect(round);
    if (!fs.isDead) return round - 1;
  }
}

function systemError(code: string, kind: FsCallKind, path: string): Error {
  return Object.assign(new Error(`${code}: ${kind} '${path}'`), { code, syscall: kind, path });
}
