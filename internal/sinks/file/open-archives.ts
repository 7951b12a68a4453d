import { errorText } from '../../../pkg/errors/errors.ts';
import type { Logger } from '../../selflog/logger.ts';
import { Turns } from '../turns.ts';
import type { Archive } from './archive.ts';

/** Files held open; more streams than that take turns. */
const MAX_OPEN = 64;

interface Entry {
  readonly archive: Archive;
  readonly turns: Turns;
}

/** The archives that are open, at most `MAX_OPEN` of them beside those in use: who was used least lately is closed. */
export class OpenArchives {
  readonly #make: (path: string) => Archive;
  readonly #logger: Logger;
  /** By path, the one used last at the end. */
  readonly #entries = new Map<string, Entry>();

  constructor(make: (path: string) => Archive, logger: Logger) {
    this.#make = make;
    this.#logger = logger;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Does `work` with the archive at `path` when it is its turn; not any more once `stop` is aborted. */
  async use(path: string, stop: AbortSignal, work: (archive: Archive) => Promise<void>): Promise<void> {
    const entry = this.#entries.get(path) ?? { archive: this.#make(path), turns: new Turns() };
    this.#entries.delete(path);
    this.#entries.set(path, entry);
    try {
      await entry.turns.take(() => work(entry.archive), stop);
    } finally {
      await this.#closeSurplus();
    }
  }

  /** Closes all; resolves when they are. One in the middle of a call is waited for. */
  async close(): Promise<void> {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    await Promise.all(entries.map(entry => this.#close(entry)));
  }

  async #closeSurplus(): Promise<void> {
    if (this.#entries.size <= MAX_OPEN) return;
    const idle = [...this.#entries.values()].find(({ turns }) => turns.isFree);
    if (idle === undefined) return;
    this.#entries.delete(idle.archive.path);
    await this.#close(idle);
  }

  async #close({ archive, turns }: Entry): Promise<void> {
    try {
      await turns.take(() => archive.close());
    } catch (error) {
      this.#logger.error(
        'file.sync',
        'a file could not be closed: its last lines may not survive a loss of power',
        {
          path: archive.path,
          reason: errorText(error),
        },
      );
    }
  }
}
