import { dirname } from 'node:path';
import { LcError, systemCode } from '../../../pkg/errors/errors.ts';
import { type File, type Fs, syncDirectory, writeAll } from '../../../pkg/fsx/fs.ts';
import type { LineFeed } from '../line-feed.ts';
import type { Rotation } from './rotation.ts';

export interface ArchiveOptions {
  readonly maxBytes: number;
  /** Whether every write is made safe from a loss of power. */
  readonly isSynced: boolean;
}

export interface ArchiveDeps {
  readonly fs: Fs;
  readonly rotation: Rotation;
}

const NEWLINE = 0x0a;
const ONE_NEWLINE = Buffer.of(NEWLINE);

interface OpenFile {
  readonly file: File;
  readonly inode: number;
  /** Bytes up to the end of the last line that is known to be whole. */
  size: number;
  /** Whether half a write may stand behind them. */
  isTorn: boolean;
}

/** One file that lines are appended to, one caller at a time. */
export class Archive {
  readonly path: string;
  readonly #options: ArchiveOptions;
  readonly #deps: ArchiveDeps;
  #open: OpenFile | undefined;

  constructor(path: string, options: ArchiveOptions, deps: ArchiveDeps) {
    this.path = path;
    this.#options = options;
    this.#deps = deps;
  }

  /**
   * Appends the lines of `feed`, until `stop` is aborted. Rejects with the system's error where the file system refuses;
   * then the feed knows what was written, and no half line stays.
   */
  async append(feed: LineFeed, scratch: Buffer, stop: AbortSignal): Promise<void> {
    let open = await this.#verified();
    while (!feed.isAtEnd && !stop.aborted) {
      const bytes = feed.next(scratch, this.#options.maxBytes - open.size, open.size === 0);
      if (bytes === 0) {
        await this.#putAside(open);
        open = await this.#opened();
      } else {
        await this.#write(open, scratch.subarray(0, bytes));
        if (!stop.aborted) feed.written();
      }
    }
  }

  /** Makes all of it safe from a loss of power and closes it; the next `append` opens it again. */
  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined) return;
    try {
      await open.file.sync();
    } finally {
      await open.file.close();
    }
  }

  async #write(open: OpenFile, lines: Buffer): Promise<void> {
    open.isTorn = true;
    try {
      await writeAll(open.file, lines, null);
      if (this.#options.isSynced) await open.file.datasync();
    } catch (error) {
      // Where even this fails it is done before the next write.
      await this.#mend(open).catch(() => undefined);
      throw error;
    }
    open.isTorn = false;
    open.size += lines.length;
  }

  async #mend(open: OpenFile): Promise<void> {
    await open.file.truncate(open.size);
    open.isTorn = false;
  }

  async #putAside(open: OpenFile): Promise<void> {
    await open.file.sync();
    await this.#deps.rotation.putAside(this.path);
    this.#open = undefined;
    await open.file.close();
  }

  /** The file that stands at the path now: others may have moved, removed or emptied it since. */
  async #verified(): Promise<OpenFile> {
    const open = this.#open;
    if (open === undefined) return this.#opened();
    const stats = await this.#deps.fs.stat(this.path).catch(ifMissing);
    if (stats?.ino !== open.inode) {
      await this.close();
      return this.#opened();
    }
    open.size = open.isTorn ? Math.min(open.size, stats.size) : stats.size;
    if (open.isTorn) await this.#mend(open);
    return open;
  }

  async #opened(): Promise<OpenFile> {
    const file = await this.#openFile();
    try {
      const stats = await file.stat();
      if (!stats.isFile())
        throw new LcError('LC_SINK_TARGET', {
          message: 'is no regular file',
          advice: 'Change the path of the sink.',
        });
      if (stats.size === 0) await syncDirectory(this.#deps.fs, dirname(this.path));
      this.#open = { file, inode: stats.ino, size: stats.size, isTorn: false };
      if (stats.size > 0 && (await lastByte(file, stats.size)) !== NEWLINE)
        // Killed in the middle of a line: it comes again, on a line of its own.
        await this.#write(this.#open, ONE_NEWLINE);
      return this.#open;
    } catch (error) {
      this.#open = undefined;
      await file.close();
      throw error;
    }
  }

  async #openFile(): Promise<File> {
    const { fs } = this.#deps;
    try {
      return await fs.open(this.path, 'a+');
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
      await fs.mkdir(dirname(this.path));
      return fs.open(this.path, 'a+');
    }
  }
}

async function lastByte(file: File, size: number): Promise<number | undefined> {
  const byte = Buffer.alloc(1);
  const { bytesRead } = await file.read(byte, 0, 1, size - 1);
  return bytesRead === 1 ? byte[0] : undefined;
}

function ifMissing(error: unknown): undefined {
  if (systemCode(error) !== 'ENOENT') throw error;
}
