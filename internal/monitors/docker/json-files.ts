import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { LcError, systemCode } from '../../../pkg/errors/errors.ts';
import type { Instant } from '../../../pkg/types/stream.ts';
import { isBefore } from './cursor.ts';
import { placeOf, timeOf } from './entry-times.ts';
import { type Damage, GzipLog, type LogFile, PlainLog } from './log-file.ts';

/** How often the names are read again while the engine rotates them. */
const MAX_TRIES = 20;

/** A file of a log, and where it stood when the folder was read. */
interface Generation {
  readonly path: string;
  readonly isGzip: boolean;
  readonly ino: number;
}

/**
 * The files in which json-file keeps the log of one container: `NAME`, `NAME.1`, `NAME.2.gz` …, each older than the one
 * before. Reads them in the order in which they were written, and goes over to the next when the engine rotates them
 * (moby, `daemon/logger/loggerutils/logfile.go`). Rejects where the file system refuses.
 */
export class JsonFiles {
  readonly #path: string;
  readonly #since: Instant | null;
  readonly #onDamage: (damage: Damage) => void;
  #file: LogFile | undefined;
  /** The file that was begun when `#file` was full. */
  #next: LogFile | undefined;

  /** Begins a little before `since`, or with the oldest; `onDamage`: what of a file is left out. */
  constructor(path: string, since: Instant | null, onDamage: (damage: Damage) => void) {
    this.#path = path;
    this.#since = since;
    this.#onDamage = onDamage;
  }

  /** Reads on, into `into`; 0 where nothing more has been written yet. */
  async read(into: Buffer): Promise<number> {
    this.#file ??= await this.#first();
    while (this.#file !== undefined) {
      const bytes = await this.#file.read(into);
      if (bytes > 0) return bytes;
      if (this.#next === undefined) {
        this.#next = await this.#after(this.#file);
        if (this.#next === undefined) return 0;
        // Once more: it was written to until it was rotated.
        continue;
      }
      await this.#file.close();
      this.#file = this.#next;
      this.#next = undefined;
    }
    return 0;
  }

  async close(): Promise<void> {
    const files = [this.#file, this.#next];
    this.#file = undefined;
    this.#next = undefined;
    for (const file of files) await file?.close();
  }

  /** The newest file that begins before `since`, from a place before it on; else the oldest. */
  async #first(): Promise<LogFile | undefined> {
    const since = this.#since;
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const generations = await this.#generations();
      let file: LogFile | undefined;
      for (const each of generations) {
        const older = await this.#open(each);
        if (older === undefined) break;
        await file?.close();
        file = older;
        const begin = since === null ? undefined : timeOf(await file.head());
        const isEarly = since !== null && begin !== undefined && isBefore(begin, since);
        if (isEarly && file instanceof PlainLog) file.offset = await placeOf(file, since);
        if (isEarly || each === generations.at(-1)) return file;
      }
      // The engine was rotating them.
      await file?.close();
      if (generations.length === 0) return undefined;
    }
    throw lost('is rotated faster than it can be opened');
  }

  /** The file that was begun when another was full; `undefined` while that is the newest. */
  async #after({ ino: own }: LogFile): Promise<LogFile | undefined> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const newest = await inodeAt(this.#path);
      if (newest === undefined || newest === own) return undefined;
      const generations = await this.#generations();
      const at = generations.findIndex(({ ino }) => ino === own);
      if (at === 0) return undefined;
      // It was compressed or removed meanwhile: what comes after it has to be looked for by its times.
      if (at === -1) break;
      const next = await this.#open(generations[at - 1]!);
      if (next !== undefined) return next;
    }
    throw lost('was rotated away while it was read');
  }

  /**
   * The newest first, all that there were at one moment: the folder is read until it stands still. A rotation between
   * the reading of the names and the look at what they lead to would hide the file that was just put aside.
   */
  async #generations(): Promise<Generation[]> {
    let before = await this.#list();
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const now = await this.#list();
      if (isDeepStrictEqual(now, before)) return now;
      before = now;
    }
    throw lost('is rotated faster than its folder can be read');
  }

  async #list(): Promise<Generation[]> {
    const name = basename(this.#path);
    const folder = dirname(this.#path);
    const names = new Map<number, string>();
    for (const each of await namesIn(folder)) {
      const number = each === name ? 0 : rotation(each, name);
      if (number === undefined) continue;
      // While the engine compresses a file, both are there.
      if (!names.has(number) || !each.endsWith('.gz')) names.set(number, each);
    }
    const generations: Generation[] = [];
    for (const [, each] of [...names].sort(([a], [b]) => a - b)) {
      const path = join(folder, each);
      const ino = await inodeAt(path);
      if (ino !== undefined) generations.push({ path, isGzip: each.endsWith('.gz'), ino });
    }
    return generations;
  }

  /** The file where it stood; `undefined` where another one stands there by now. */
  async #open({ path, isGzip, ino }: Generation): Promise<LogFile | undefined> {
    try {
      const file = isGzip ? await GzipLog.open(path, this.#onDamage) : await PlainLog.open(path);
      if (file.ino === ino) return file;
      await file.close();
    } catch (error) {
      if (!isAbsence(error)) throw error;
    }
    return undefined;
  }
}

/** How often a file was rotated whose name this is; `undefined` where it is none of this log's. */
function rotation(file: string, name: string): number | undefined {
  if (!file.startsWith(`${name}.`)) return undefined;
  const number = /^(\d{1,9})(?:\.gz)?$/.exec(file.slice(name.length + 1))?.[1];
  return number === undefined ? undefined : Number(number);
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
}

async function inodeAt(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).ino;
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

function isAbsence(error: unknown): boolean {
  return systemCode(error) === 'ENOENT';
}

function lost(what: string): LcError {
  return new LcError('LC_FILE_UNREADABLE', { message: `the log ${what}` });
}
