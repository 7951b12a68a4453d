import type { TailedFile } from './file-index.ts';
import type { FileId } from './identity.ts';

/** Files of one source that are remembered although they are gone. */
const MAX_GONE = 1_000;

/**
 * Files that were read to their end and are gone: renamed to where nothing matches, deleted, or truncated. They are
 * remembered, the last ones, because they may come back, and because copies and archives of them may appear.
 */
export class GoneFiles {
  /** The oldest first. */
  readonly #files: TailedFile[] = [];

  /** Returns the one that is forgotten in exchange. */
  add(file: TailedFile): TailedFile | undefined {
    this.#files.push(file);
    return this.#files.length > MAX_GONE ? this.#files.shift() : undefined;
  }

  has(file: TailedFile): boolean {
    return this.#files.includes(file);
  }

  delete(file: TailedFile): void {
    const at = this.#files.indexOf(file);
    if (at !== -1) this.#files.splice(at, 1);
  }

  byId(id: FileId): TailedFile | undefined {
    return this.#files.findLast(({ tailer }) => tailer.id === id);
  }

  all(): readonly TailedFile[] {
    return this.#files;
  }

  /** Those that were first seen, or last, at one of the paths; the last that went comes first. */
  from(paths: readonly string[]): TailedFile[] {
    const isFrom = ({ tailer }: TailedFile): boolean =>
      paths.includes(tailer.firstPath) || paths.includes(tailer.path);
    return this.#files.filter(isFrom).reverse();
  }
}
