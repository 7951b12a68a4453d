import { errorText, LcError, systemCode } from '../../pkg/errors/errors.ts';
import { decodeJournal, type JournalContent } from './journal-format.ts';
import { decodeSnapshot, type Snapshot } from './snapshot.ts';
import { PositionsState } from './state.ts';
import { SNAPSHOT_NAMES, type StateDirectory } from './state-directory.ts';

/** A file that could not be used. */
export interface Damage {
  readonly name: string;
  /** `LC_STATE_CORRUPT` or `LC_STATE_VERSION`. */
  readonly error: LcError;
}

/** What the state directory remembers. */
export interface Recovered {
  readonly state: PositionsState;
  /** Of the oldest file that was used: journals before it are of no use any more. */
  readonly generation: number;
  /** Of the newest file there is. */
  readonly lastGeneration: number;
  /** What the next journal follows, as in its header. */
  readonly follows: number | null;
  /** Snapshots that could not be used, newest first. */
  readonly badSnapshots: readonly Damage[];
  /** Journals of which only a part, or nothing, could be used. */
  readonly badJournals: readonly Damage[];
  /** Whether a snapshot was good, or there never was one. */
  readonly isComplete: boolean;
}

/**
 * Reads the newest good snapshot and the journals that go on from it, in one chain: that of its generation, the
 * next one, and so on. The chain ends at the first line that is not whole. Changes nothing on the disk. Rejects
 * with the system's error when the directory cannot be listed.
 */
export async function recover(directory: StateDirectory): Promise<Recovered> {
  const { base, badSnapshots } = await readSnapshot(directory);
  const generations = await directory.journals();
  const first = base?.generation ?? generations[0] ?? 0;
  const state = base?.state ?? new PositionsState();
  const badJournals: Damage[] = [];
  let read = first;
  let bytes = 0;
  for (const generation of generations.filter(each => each >= first)) {
    const journal = await readJournal(directory, generation);
    if (journal instanceof LcError) {
      badJournals.push({ name: `journal-${generation}.log`, error: journal });
      break;
    }
    const isNext = generation === read + 1 && journal.follows === bytes;
    if (generation !== first && !isNext) break;
    for (const record of journal.records) state.apply(record);
    if (journal.lostBytes > 0) badJournals.push(torn(generation, journal));
    read = generation;
    bytes = journal.goodBytes;
  }
  const lastGeneration = Math.max(first, ...generations);
  const follows = read === lastGeneration ? bytes : null;
  const isComplete = base !== undefined || badSnapshots.length === 0;
  return { state, generation: first, lastGeneration, follows, badSnapshots, badJournals, isComplete };
}

async function readSnapshot(
  directory: StateDirectory,
): Promise<{ base: Snapshot | undefined; badSnapshots: Damage[] }> {
  const badSnapshots: Damage[] = [];
  for (const name of SNAPSHOT_NAMES) {
    try {
      const base = decodeSnapshot(await directory.fs.readFile(directory.file(name)));
      return { base, badSnapshots };
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') badSnapshots.push({ name, error: unusable(error) });
    }
  }
  return { base: undefined, badSnapshots };
}

async function readJournal(directory: StateDirectory, generation: number): Promise<JournalContent | LcError> {
  try {
    return decodeJournal(await directory.fs.readFile(directory.journal(generation)));
  } catch (error) {
    return unusable(error);
  }
}

function torn(generation: number, { goodBytes, lostBytes }: JournalContent): Damage {
  const message = `its last ${lostBytes} bytes, from byte ${goodBytes} on, are torn or damaged`;
  return { name: `journal-${generation}.log`, error: new LcError('LC_STATE_CORRUPT', { message }) };
}

function unusable(error: unknown): LcError {
  if (error instanceof LcError) return error;
  return new LcError('LC_STATE_CORRUPT', {
    message: `it cannot be read: ${errorText(error)}`,
    cause: error,
  });
}
