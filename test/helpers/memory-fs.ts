import type { Stats } from 'node:fs';
import { dirname } from 'node:path';
import type { File, Fs } from '../../pkg/fsx/fs.ts';

/** What a file holds now, and what of it would survive a loss of power. */
interface Inode {
  data: Buffer;
  durable: Buffer;
}

/**
 * A file system in memory, for tests that restart a component thousands of times. Every call takes effect at
 * once and answers in a later microtask. `afterPowerCut` shows what a strict disk would keep: names only after
 * their directory was synced, content only after the file was.
 */
export class MemoryFs implements Fs {
  /** While it is, nothing can be created, written, or renamed. */
  isFull = false;
  readonly #files: Map<string, Inode>;
  readonly #durableNames: Map<string, Inode>;

  /** Directories that were made; they outlive a loss of power. */
  readonly #directories: Set<string>;

  constructor(files: Map<string, Inode> = new Map(), directories: Iterable<string> = []) {
    this.#files = files;
    this.#durableNames = new Map(files);
    this.#directories = new Set(directories);
  }

  /** The disk as it would be found after a loss of power now. */
  afterPowerCut(): MemoryFs {
    const left = [...this.#durableNames].map(([path, { durable }]) => [path, copy(durable)] as const);
    return new MemoryFs(new Map(left), this.#directories);
  }

  /** The disk as it would be found if the process were killed now. */
  afterKill(): MemoryFs {
    const left = [...this.#files].map(([path, { data }]) => [path, copy(data)] as const);
    return new MemoryFs(new Map(left), this.#directories);
  }

  async open(path: string, flags: string): Promise<File> {
    if (this.#isDirectory(path)) return this.#directoryHandle(path);
    const known = this.#files.get(path);
    if (known === undefined && flags.startsWith('r')) throw systemError('ENOENT', path);
    if (known !== undefined && flags.includes('x')) throw systemError('EEXIST', path);
    if (flags !== 'r') this.#assertRoom(path);
    const inode = known ?? { data: Buffer.alloc(0), durable: Buffer.alloc(0) };
    if (flags.startsWith('w')) inode.data = Buffer.alloc(0);
    this.#files.set(path, inode);
    return fileHandle(inode, () => this.#assertRoom(path));
  }

  async readFile(path: string): Promise<Buffer> {
    return Buffer.from(this.#inode(path).data);
  }

  async writeFile(path: string, data: Uint8Array): Promise<void> {
    const file = await this.open(path, 'w');
    await file.write(data, 0, data.length, 0);
  }

  async rename(from: string, to: string): Promise<void> {
    this.#assertRoom(to);
    this.#files.set(to, this.#inode(from));
    this.#files.delete(from);
  }

  async unlink(path: string): Promise<void> {
    this.#inode(path);
    this.#files.delete(path);
  }

  async mkdir(path: string): Promise<void> {
    for (let each = path; each !== dirname(each); each = dirname(each)) this.#directories.add(each);
  }

  async readdir(path: string): Promise<string[]> {
    const names = new Set<string>();
    for (const each of [...this.#files.keys(), ...this.#directories]) {
      if (each.startsWith(`${path}/`)) names.add(each.slice(path.length + 1).split('/', 1)[0]!);
    }
    return [...names];
  }

  async stat(path: string): Promise<Stats> {
    const isDirectory = this.#isDirectory(path);
    const size = isDirectory ? 0 : this.#inode(path).data.length;
    return { size, isDirectory: () => isDirectory, isFile: () => !isDirectory } as Stats;
  }

  lstat(path: string): Promise<Stats> {
    return this.stat(path);
  }

  #assertRoom(path: string): void {
    if (this.isFull) throw systemError('ENOSPC', path);
  }

  #inode(path: string): Inode {
    const inode = this.#files.get(path);
    if (inode === undefined) throw systemError('ENOENT', path);
    return inode;
  }

  /** A directory was made, or has files in it. */
  #isDirectory(path: string): boolean {
    if (this.#directories.has(path)) return true;
    return !this.#files.has(path) && [...this.#files.keys()].some(each => each.startsWith(`${path}/`));
  }

  #directoryHandle(path: string): File {
    const handle = fileHandle(copy(Buffer.alloc(0)), () => undefined);
    return {
      ...handle,
      sync: async () => {
        for (const name of this.#durableNames.keys()) {
          if (dirname(name) === path) this.#durableNames.delete(name);
        }
        for (const [name, inode] of this.#files) {
          if (dirname(name) === path) this.#durableNames.set(name, inode);
        }
      },
    };
  }
}

function fileHandle(inode: Inode, assertRoom: () => void): File {
  const sync = async (): Promise<void> => {
    inode.durable = inode.data;
  };
  return {
    read: async (buffer, offset, length, position) => ({
      bytesRead: inode.data.copy(buffer, offset, position, position + length),
    }),
    write: async (buffer, offset, length, position) => {
      assertRoom();
      const at = position ?? inode.data.length;
      const before = inode.data.subarray(0, at);
      const after = inode.data.subarray(at + length);
      const gap = Buffer.alloc(at - before.length);
      inode.data = Buffer.concat([before, gap, buffer.subarray(offset, offset + length), after]);
      return { bytesWritten: length };
    },
    datasync: sync,
    sync,
    truncate: async length => {
      inode.data = Buffer.concat([inode.data.subarray(0, length)], length);
    },
    stat: async () => ({ size: inode.data.length }) as Stats,
    close: async () => undefined,
  };
}

function copy(data: Buffer): Inode {
  return { data: Buffer.from(data), durable: Buffer.from(data) };
}

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
