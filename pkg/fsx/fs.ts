import type { Stats } from 'node:fs';
import * as node from 'node:fs/promises';

/**
 * The file calls that durable parts are built of, as a dependency: production hands in `nodeFs`, tests a
 * `FaultFs` that fails, tears or dies where they say. A subset of `node:fs/promises`, with its errors.
 */
export interface Fs {
  /** `mode` is that of a file that is created; default 0o600, because log lines are nobody else's business. */
  open(path: string, flags: OpenFlags, mode?: number): Promise<File>;
  readFile(path: string): Promise<Buffer>;
  /** Not atomic and not durable: see `writeFileAtomic`. */
  writeFile(path: string, data: Uint8Array, mode?: number): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Makes the directory and its parents; one that is there already is fine. */
  mkdir(path: string): Promise<void>;
  /** Names, not paths, in no order. */
  readdir(path: string): Promise<string[]>;
  stat(path: string): Promise<Stats>;
  /** As `stat`, of the symbolic link itself where the path is one. */
  lstat(path: string): Promise<Stats>;
}

/** An open file. */
export interface File {
  /** Reads up to `length` bytes into `buffer` at `offset`; 0 bytes is the end of the file. */
  read(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }>;
  /** Writes up to `length` bytes, perhaps fewer: see `writeAll`. Position `null` goes on after the last write. */
  write(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number | null,
  ): Promise<{ readonly bytesWritten: number }>;
  /** Resolves when what was written would survive a loss of power. */
  datasync(): Promise<void>;
  /** As `datasync`, with the file's metadata. */
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  stat(): Promise<Stats>;
  close(): Promise<void>;
}

/** Read; read and write; create or empty; create, must not be there; append; each as in fopen(3). */
export type OpenFlags = 'r' | 'r+' | 'w' | 'wx' | 'w+' | 'wx+' | 'a' | 'a+';

export const PRIVATE_MODE = 0o600;

/** The machine's file system. */
export const nodeFs: Fs = {
  open: (path, flags, mode = PRIVATE_MODE) => node.open(path, flags, mode),
  readFile: path => node.readFile(path),
  writeFile: (path, data, mode = PRIVATE_MODE) => node.writeFile(path, data, { mode }),
  rename: (from, to) => node.rename(from, to),
  unlink: path => node.unlink(path),
  mkdir: async path => void (await node.mkdir(path, { recursive: true })),
  readdir: path => node.readdir(path),
  stat: path => node.stat(path),
  lstat: path => node.lstat(path),
};

/** Writes the whole of `data`, however short the single writes are, at `position`, or after the last write (`null`). */
export async function writeAll(file: File, data: Uint8Array, position: number | null): Promise<void> {
  for (let done = 0; done < data.length; ) {
    const at = position === null ? null : position + done;
    done += (await file.write(data, done, data.length - done, at)).bytesWritten;
  }
}

/** Makes names in a directory durable: a file created, renamed or removed there survives a loss of power. */
export async function syncDirectory(fs: Fs, path: string): Promise<void> {
  const directory = await fs.open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
