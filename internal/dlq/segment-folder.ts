import { dirname } from 'node:path';
import { LcError } from '../../pkg/errors/errors.ts';
import { type File, type Fs, syncDirectory, writeAll } from '../../pkg/fsx/fs.ts';
import { donePath } from './done-file.ts';
import { createNew, ifThere } from './files.ts';
import { probePath, segmentPath } from './folder.ts';
import { Segment } from './segment.ts';

/** A new file and what memory knows of it. */
export interface OpenSegment {
  readonly segment: Segment;
  readonly file: File;
}

/** The folder of one sink: makes segments in it and removes them. All calls reject with the system's error. */
export class SegmentFolder {
  readonly path: string;
  readonly #fs: Fs;
  #nextNumber = 1;
  #isMade = false;

  constructor(fs: Fs, path: string) {
    this.#fs = fs;
    this.path = path;
  }

  /** The folder is there, and smaller numbers have been given out. */
  goOn(nextNumber: number): void {
    this.#nextNumber = nextNumber;
    this.#isMade = true;
  }

  /** A new segment, whose name is durable. */
  async open(): Promise<OpenSegment> {
    if (!this.#isMade) await this.#make();
    for (;;) {
      const number = this.#nextNumber++;
      const path = segmentPath(this.path, number);
      const file = await createNew(this.#fs, path);
      if (file === undefined) continue;
      try {
        await syncDirectory(this.#fs, this.path);
      } catch (error) {
        await file.close();
        await this.#fs.unlink(path);
        throw error;
      }
      return { segment: new Segment(number, path, true), file };
    }
  }

  /** The segment first: a companion alone means nothing, a segment alone would send its letters again. */
  async remove(segment: Segment): Promise<void> {
    await ifThere(this.#fs.unlink(segment.path));
    await ifThere(this.#fs.unlink(donePath(segment.path)));
  }

  /** Makes what was created and removed survive a loss of power. */
  async sync(): Promise<void> {
    await syncDirectory(this.#fs, this.path);
  }

  /** Resolves when the disk takes so many bytes. */
  async probe(bytes: number): Promise<void> {
    await this.#make();
    const path = probePath(this.path);
    const file = await this.#fs.open(path, 'w');
    try {
      await writeAll(file, Buffer.alloc(bytes), 0);
      await file.datasync();
    } finally {
      await file.close();
      await this.#fs.unlink(path);
    }
  }

  async #make(): Promise<void> {
    await this.#fs.mkdir(this.path);
    if (!(await this.#fs.lstat(this.path)).isDirectory())
      throw new LcError('LC_STATE_UNWRITABLE', { message: `${this.path} is a link, not a folder` });
    await syncDirectory(this.#fs, dirname(this.path));
    this.#isMade = true;
  }
}
