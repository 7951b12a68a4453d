import { readFile, stat } from 'node:fs/promises';
import type { Clock } from '../../pkg/clock/clock.ts';

/** How often files are looked at while they are used. */
const LOOK_MS = 1000;

interface Seen {
  readonly signs: string;
  readonly contents: readonly Buffer[];
}

/**
 * Files that hold secrets and are replaced while the agent runs: certificates, tokens. They are looked at when they are
 * used, at most once a second: no timer and no watch. What cannot be read keeps its last contents.
 */
export class FileSet {
  readonly #paths: readonly string[];
  readonly #clock: Clock;
  /** Takes new contents into use; when it throws, the files are read again at the next look. */
  readonly #use: (contents: readonly Buffer[]) => void;
  readonly #onFailure: (error: unknown) => void;
  #signs = '';
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #looking: Promise<boolean> | undefined;

  constructor(
    paths: readonly string[],
    clock: Clock,
    use: (contents: readonly Buffer[]) => void,
    onFailure: (error: unknown) => void,
  ) {
    this.#paths = paths;
    this.#clock = clock;
    this.#use = use;
    this.#onFailure = onFailure;
  }

  /** Reads the files for the first time; rejects with what `use` or the file system says. */
  async load(): Promise<void> {
    if (this.#paths.length === 0) return;
    const { signs, contents } = await this.#read();
    this.#use(contents);
    this.#signs = signs;
    this.#lookedAtMs = this.#clock.monotonicMs();
  }

  /** Looks whether the files changed, unless that was done just now (`undefined`). Resolves with whether they did. */
  look(isUrgent = false): Promise<boolean> | undefined {
    if (this.#paths.length === 0) return undefined;
    if (!isUrgent && this.#clock.monotonicMs() - this.#lookedAtMs < LOOK_MS) return this.#looking;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
      this.#lookedAtMs = this.#clock.monotonicMs();
    });
    return this.#looking;
  }

  async #look(): Promise<boolean> {
    try {
      if ((await this.#signsNow()) === this.#signs) return false;
      await this.load();
      return true;
    } catch (error) {
      this.#onFailure(error);
      return false;
    }
  }

  /** The signs are taken before the contents: what changes in between is seen at the next look. */
  async #read(): Promise<Seen> {
    const signs = await this.#signsNow();
    return { signs, contents: await Promise.all(this.#paths.map(path => readFile(path))) };
  }

  async #signsNow(): Promise<string> {
    const all = await Promise.all(this.#paths.map(path => stat(path)));
    return all.map(({ ino, size, mtimeMs, ctimeMs }) => [ino, size, mtimeMs, ctimeMs].join()).join(';');
  }
}
