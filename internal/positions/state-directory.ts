import { join } from 'node:path';
import type { Clock } from '../../pkg/clock/clock.ts';
import { systemCode } from '../../pkg/errors/errors.ts';
import { writeFileAtomic } from '../../pkg/fsx/atomic.ts';
import { type File, type Fs, syncDirectory } from '../../pkg/fsx/fs.ts';

/** The newest snapshot and the one before it, in the order in which they are tried. */
export const SNAPSHOT_NAMES = ['positions.json', 'positions.prev.json'] as const;
const [CURRENT, PREVIOUS] = SNAPSHOT_NAMES;

const JOURNAL_NAME = /^journal-(\d+)\.log$/;
const ASIDE = '.corrupt-';

/** How many bad copies are kept for people to look at. */
const KEPT_ASIDE = 5;

/**
 * The files of the positions, by name:
 * `positions.json`, the newest snapshot; `positions.prev.json`, the one before; `journal-<generation>.log`,
 * what came after the snapshot of that generation; `positions.json.corrupt-<time>`, bad copies set aside; `lock`.
 */
export class StateDirectory {
  readonly fs: Fs;
  readonly path: string;

  constructor(fs: Fs, path: string) {
    this.fs = fs;
    this.path = path;
  }

  file(name: string): string {
    return join(this.path, name);
  }

  get lock(): string {
    return this.file('lock');
  }

  journal(generation: number): string {
    return this.file(`journal-${generation}.log`);
  }

  /** An empty journal, whose name is durable. */
  async createJournal(generation: number): Promise<File> {
    const file = await this.fs.open(this.journal(generation), 'w');
    try {
      await syncDirectory(this.fs, this.path);
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Generations that have a journal, ascending. */
  async journals(): Promise<number[]> {
    const names = await this.fs.readdir(this.path);
    const generations = names.flatMap(name => JOURNAL_NAME.exec(name)?.[1] ?? []).map(Number);
    return generations.sort((a, b) => a - b);
  }

  /** Puts a snapshot in the place of the newest one, which becomes the previous one; durable when it resolves. */
  async saveSnapshot(data: Buffer): Promise<void> {
    await ifThere(this.fs.rename(this.file(CURRENT), this.file(PREVIOUS)));
    await writeFileAtomic(this.fs, this.file(CURRENT), data);
  }

  /** Removes the journals that only snapshots before `generation` need. */
  async removeJournalsBefore(generation: number): Promise<void> {
    for (const each of await this.journals()) {
      if (each < generation) await ifThere(this.fs.unlink(this.journal(each)));
    }
  }

  /** Keeps a bad file under another name, which it returns, and removes the oldest of too many such files. */
  async setAside(name: string, clock: Clock): Promise<string> {
    const aside = `${name}${ASIDE}${clock.now()}`;
    await this.fs.rename(this.file(name), this.file(aside));
    const kept = (await this.fs.readdir(this.path)).filter(each => each.includes(ASIDE)).sort(byTime);
    for (const old of kept.slice(0, -KEPT_ASIDE)) await ifThere(this.fs.unlink(this.file(old)));
    return aside;
  }
}

/** A file that is not there is no failure. */
async function ifThere(call: Promise<void>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}

function byTime(a: string, b: string): number {
  return timeOf(a) - timeOf(b);
}

function timeOf(name: string): number {
  return Number(name.slice(name.indexOf(ASIDE) + ASIDE.length));
}
