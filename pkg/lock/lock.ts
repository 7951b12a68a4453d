import { dirname } from 'node:path';
import { LcError, systemCode } from '../errors/errors.ts';
import { type Fs, writeAll } from '../fsx/fs.ts';
import { type Holder, type Processes, systemProcesses } from './processes.ts';

/** A lock that others take and leave at the same moment is tried so often. */
const ATTEMPTS = 3;

/**
 * The file that keeps a second process out of a directory of state. A lock whose holder was killed is taken over.
 * Processes of another machine or container that share the directory cannot be seen, so they are not kept out.
 */
export class Lock {
  readonly #fs: Fs;
  readonly #path: string;
  readonly #processes: Processes;
  #isHeld = false;

  /** `path` is that of the lock file; its directory is there. */
  constructor(fs: Fs, path: string, processes: Processes = systemProcesses) {
    this.#fs = fs;
    this.#path = path;
    this.#processes = processes;
  }

  /** Rejects with `LC_STATE_LOCKED` while another live process holds it, else with the system's error. */
  async acquire(): Promise<void> {
    const text = JSON.stringify(await this.#processes.self());
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      this.#isHeld = (await this.#create(text)) && (await this.#read()) === text;
      if (this.#isHeld) return;
      const holder = await this.holder();
      if (holder !== undefined) throw this.#locked(`by process ${holder.pid}`);
      await this.#remove();
    }
    throw this.#locked('by another agent that is starting');
  }

  /** The live process that holds the lock, if any. */
  async holder(): Promise<Holder | undefined> {
    const holder = parseHolder(await this.#read());
    return holder !== undefined && (await this.#processes.isAlive(holder)) ? holder : undefined;
  }

  async release(): Promise<void> {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    await this.#remove();
  }

  /** Whether there was no lock, so that this one could be made. */
  async #create(text: string): Promise<boolean> {
    try {
      const file = await this.#fs.open(this.#path, 'wx');
      try {
        await writeAll(file, Buffer.from(text), 0);
      } finally {
        await file.close();
      }
      return true;
    } catch (error) {
      if (systemCode(error) === 'EEXIST') return false;
      throw error;
    }
  }

  async #read(): Promise<string> {
    try {
      return (await this.#fs.readFile(this.#path)).toString();
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return '';
      throw error;
    }
  }

  async #remove(): Promise<void> {
    try {
      await this.#fs.unlink(this.#path);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
    }
  }

  #locked(by: string): LcError {
    return new LcError('LC_STATE_LOCKED', {
      message: `${dirname(this.#path)} is in use ${by} (${this.#path})`,
      advice: 'Stop that agent first, or give this one a state_dir of its own.',
    });
  }
}

/** A text that is no holder was left by an agent that was killed while it wrote: nobody's lock. */
function parseHolder(text: string): Holder | undefined {
  const match = /^\{"pid":(\d+),"started":"([^"]*)"\}$/.exec(text);
  return match === null ? undefined : { pid: Number(match[1]), started: match[2]! };
}
