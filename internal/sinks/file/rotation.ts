import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Clock } from '../../../pkg/clock/clock.ts';
import { errorText } from '../../../pkg/errors/errors.ts';
import { type File, type Fs, syncDirectory, writeAll } from '../../../pkg/fsx/fs.ts';
import type { Logger } from '../../selflog/logger.ts';

/** What is added to the name of a file that is put aside: the moment, so that names sort by age. */
export const ASIDE = String.raw`\d{8}T\d{6}\.\d{3}Z`;
const SUFFIX = new RegExp(String.raw`^\.(${ASIDE})(|\.gz|\.gz\.tmp)$`);
const READ_BYTES = 256 * 1024;

export interface RotationOptions {
  readonly keep: number;
  readonly compress: boolean;
}

export interface RotationDeps {
  readonly fs: Fs;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Aside {
  readonly path: string;
  readonly stamp: string;
  readonly ending: string;
}

/** Puts full files aside; compresses them and deletes the oldest behind the back of the sink, one at a time. */
export class Rotation {
  readonly #options: RotationOptions;
  readonly #deps: RotationDeps;
  readonly #closing = new AbortController();
  /** Paths whose files aside have to be looked at. */
  readonly #untidy = new Set<string>();
  #tidying: Promise<void> | undefined;

  constructor(options: RotationOptions, deps: RotationDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** Renames the file at `path`, which is whole on the disk. */
  async putAside(path: string): Promise<void> {
    const newest = (await this.#asides(path)).at(-1);
    const atMs = Math.max(this.#deps.clock.now(), newest === undefined ? 0 : stampMs(newest.stamp) + 1);
    await this.#deps.fs.rename(path, `${path}.${stampOf(atMs)}`);
    await syncDirectory(this.#deps.fs, dirname(path));
    this.#untidy.add(path);
    this.#tidying ??= this.#tidy();
  }

  /** Resolves when nothing is compressed or deleted any more. */
  async settled(): Promise<void> {
    await this.#tidying;
  }

  /** Ends what is under way; the next rotation goes on with it. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#tidying;
  }

  async #tidy(): Promise<void> {
    for (const path of this.#untidy) {
      this.#untidy.delete(path);
      if (this.#closing.signal.aborted) break;
      try {
        await this.#tidyAsides(path);
      } catch (error) {
        if (!this.#closing.signal.aborted)
          this.#deps.logger.warn(
            'file.rotation',
            'files that were put aside could not be compressed or deleted',
            {
              path,
              reason: errorText(error),
            },
          );
      }
    }
    this.#tidying = undefined;
  }

  async #tidyAsides(path: string): Promise<void> {
    const { fs } = this.#deps;
    const { keep, compress } = this.#options;
    const asides = await this.#asides(path);
    const stamps = [...new Set(asides.map(({ stamp }) => stamp))];
    const kept = new Set(keep === 0 ? [] : stamps.slice(-keep));
    const compressed = new Set(asides.filter(({ ending }) => ending === '.gz').map(({ stamp }) => stamp));
    const isNeeded = ({ stamp, ending }: Aside): boolean =>
      kept.has(stamp) && (ending === '.gz' || (ending === '' && !compressed.has(stamp)));
    for (const aside of asides) if (!isNeeded(aside)) await fs.unlink(aside.path);
    if (!compress) return;
    for (const aside of asides) if (isNeeded(aside) && aside.ending === '') await this.#compress(aside.path);
  }

  /** All that belongs to files of `path` that were put aside, from the oldest on. */
  async #asides(path: string): Promise<Aside[]> {
    const folder = dirname(path);
    const base = basename(path);
    const found: Aside[] = [];
    for (const name of await this.#deps.fs.readdir(folder)) {
      const suffix = name.startsWith(base) ? SUFFIX.exec(name.slice(base.length)) : null;
      if (suffix !== null) found.push({ path: join(folder, name), stamp: suffix[1]!, ending: suffix[2]! });
    }
    return found.sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** Killed at any moment, it leaves the plain file or the whole compressed one. */
  async #compress(path: string): Promise<void> {
    const { fs } = this.#deps;
    const temporary = `${path}.gz.tmp`;
    const source = await fs.open(path, 'r');
    try {
      const target = await fs.open(temporary, 'w');
      try {
        const write = async (pieces: AsyncIterable<Buffer>): Promise<void> => {
          for await (const piece of pieces) await writeAll(target, piece, null);
        };
        await pipeline(piecesOf(source), createGzip(), write, { signal: this.#closing.signal });
        await target.sync();
      } finally {
        await target.close();
      }
    } finally {
      await source.close();
    }
    await fs.rename(temporary, `${path}.gz`);
    await syncDirectory(fs, dirname(path));
    await fs.unlink(path);
  }
}

async function* piecesOf(file: File): AsyncGenerator<Buffer> {
  for (let position = 0; ; ) {
    const piece = Buffer.allocUnsafe(READ_BYTES);
    const { bytesRead } = await file.read(piece, 0, READ_BYTES, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield piece.subarray(0, bytesRead);
  }
}

/** `20261121T072432.123Z`. */
function stampOf(atMs: number): string {
  return new Date(atMs).toISOString().replace(/[-:]/g, '');
}

function stampMs(stamp: string): number {
  return Date.parse(stamp.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)/, '$1-$2-$3:$4:'));
}
