import type { Clock } from '../../pkg/clock/clock.ts';
import { errorText, LcError } from '../../pkg/errors/errors.ts';
import type { Fs } from '../../pkg/fsx/fs.ts';
import { Lock } from '../../pkg/lock/lock.ts';
import type { Json, Passage } from '../../pkg/types/ports.ts';
import type { Instant } from '../../pkg/types/stream.ts';
import type { Logger } from '../selflog/logger.ts';
import { type Recovered, recover } from './recovery.ts';
import { StateDirectory } from './state-directory.ts';
import { PositionStore } from './store.ts';

/** A source as people see it: what the state directory says of it. */
export interface RememberedTrack {
  readonly kind: string;
  readonly key: string;
  /** What people call it: its path, its container's name, or else its key. */
  readonly name: string;
  readonly position: Json;
  /** Passages that were read but not settled: after a kill they are read and sent again. */
  readonly pending: readonly Passage[];
  readonly nextTime: Instant | undefined;
  readonly meta: Json;
}

/** What a state directory remembers. */
export interface Remembered {
  readonly tracks: readonly RememberedTrack[];
  /** The process that uses the directory now. */
  readonly agentPid: number | undefined;
  /** Files that could not be used, or not wholly; a sentence each. */
  readonly damages: readonly string[];
}

/**
 * Reads what `dir` (`<state_dir>/positions`) remembers, whether or not an agent runs on it, and changes nothing.
 * Rejects with `LC_STATE_UNREADABLE` when there is no such directory, or it cannot be read.
 */
export async function readPositions(fs: Fs, dir: string): Promise<Remembered> {
  try {
    const directory = new StateDirectory(fs, dir);
    const recovered = await recover(directory);
    const holder = await new Lock(fs, directory.lock).holder();
    return { tracks: tracksOf(recovered), agentPid: holder?.pid, damages: damagesOf(recovered) };
  } catch (error) {
    throw new LcError('LC_STATE_UNREADABLE', {
      message: `no positions can be read from ${dir}: ${errorText(error)}`,
      advice: 'Check the state_dir, and run this as the user of the agent.',
      cause: error,
    });
  }
}

export interface ForgetOptions {
  readonly dir: string;
  readonly fs: Fs;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Forgets the tracks with these names or keys, or none of them, and what is remembered of their sources as a whole: an
 * agent that finds such a file again treats it as new. Rejects with `LC_STATE_LOCKED` while an agent runs on the directory, and with `LC_USAGE` for a
 * name that nothing has.
 */
export async function forgetPositions(
  options: ForgetOptions,
  names: readonly string[],
): Promise<readonly RememberedTrack[]> {
  const { tracks } = await readPositions(options.fs, options.dir);
  const unknown = names.find(name => !tracks.some(track => isCalled(track, name)));
  if (unknown !== undefined) {
    throw new LcError('LC_USAGE', {
      message: `nothing that is remembered is called ${JSON.stringify(unknown)}`,
      advice: '`positions list` shows the names.',
    });
  }
  const chosen = tracks.filter(track => names.some(name => isCalled(track, name)));
  const wholes = tracks.filter(whole => chosen.some(part => isWhole(whole, part)));
  const store = new PositionStore(options);
  try {
    await store.start();
    for (const { kind, key } of [...chosen, ...wholes])
      store
        .tracks(kind)
        .find(track => track.key === key)
        ?.forget();
  } finally {
    await store.close();
  }
  return chosen;
}

function isCalled(track: RememberedTrack, name: string): boolean {
  return track.name === name || track.key === name;
}

/** Whether a track is about the source that the other one is of: `file_source` and `file`. */
function isWhole(whole: RememberedTrack, { kind, meta }: RememberedTrack): boolean {
  const source = meta !== null && typeof meta === 'object' && 'source' in meta ? meta.source : undefined;
  return whole.kind === `${kind}_source` && whole.key === source;
}

function tracksOf({ state }: Recovered): RememberedTrack[] {
  return [...state.tracks.values()].map(({ kind, key, meta, position, pending, nextTime }) => ({
    ...{ kind, key, name: nameOf(meta) ?? key, position, pending, nextTime, meta },
  }));
}

function nameOf(meta: Json): string | undefined {
  if (meta === null || typeof meta !== 'object') return undefined;
  if ('path' in meta && typeof meta.path === 'string') return meta.path;
  return 'name' in meta && typeof meta.name === 'string' ? meta.name : undefined;
}

function damagesOf({ badSnapshots, badJournals }: Recovered): string[] {
  return [...badSnapshots, ...badJournals].map(({ name, error }) => `${name}: ${error.message}`);
}
