import type { Clock } from '../../pkg/clock/clock.ts';
import { errorText, invariant, LcError } from '../../pkg/errors/errors.ts';
import type { Fs } from '../../pkg/fsx/fs.ts';
import { Lock } from '../../pkg/lock/lock.ts';
import type { Processes } from '../../pkg/lock/processes.ts';
import type { Component, Health, Json, Positions, Track } from '../../pkg/types/ports.ts';
import type { Logger } from '../selflog/logger.ts';
import { reportDamage } from './damage-report.ts';
import { unwritable } from './outage.ts';
import { recover } from './recovery.ts';
import type { PositionsState, TrackState } from './state.ts';
import { StateDirectory } from './state-directory.ts';
import { StateWriter } from './state-writer.ts';
import { StoreTrack } from './track.ts';

export interface PositionStoreOptions {
  /** `<state_dir>/positions`; it is made when it is not there. */
  readonly dir: string;
  readonly fs: Fs;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Who may hold the lock; default: the machine's processes. */
  readonly processes?: Processes;
}

/** What there is between `start` and `close`. */
interface Loaded {
  readonly state: PositionsState;
  readonly writer: StateWriter;
}

/** The positions of all sources: tracks in memory to work with, and on disk for the next start. */
export class PositionStore implements Component, Positions {
  readonly name = 'positions';
  readonly #options: PositionStoreOptions;
  readonly #directory: StateDirectory;
  readonly #lock: Lock;
  readonly #tracks = new Map<string, StoreTrack>();
  readonly #createdMs: number;
  #loaded: Loaded | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: PositionStoreOptions) {
    this.#options = options;
    this.#directory = new StateDirectory(options.fs, options.dir);
    this.#lock = new Lock(options.fs, this.#directory.lock, options.processes);
    this.#createdMs = options.clock.now();
  }

  /**
   * Takes the directory's lock and loads what it remembers. Damage is logged, set aside, and costs as little as
   * possible; it never keeps the agent from starting. Rejects with `LC_STATE_LOCKED` while another agent uses
   * the directory, and with `LC_STATE_UNWRITABLE`.
   */
  async start(): Promise<void> {
    invariant(this.#loaded === undefined, 'the positions were started twice');
    try {
      await this.#options.fs.mkdir(this.#options.dir);
      await this.#lock.acquire();
      await this.#load();
    } catch (error) {
      throw error instanceof LcError ? error : unwritable(this.#options.dir, error);
    }
  }

  tracks<P extends Json, M extends Json>(kind: string): readonly Track<P, M>[] {
    const ofKind = [...this.#tracks.values()].filter(track => track.kind === kind);
    return ofKind as unknown as readonly Track<P, M>[];
  }

  create<P extends Json, M extends Json>(kind: string, key: string, meta: M, start: P): Track<P, M> {
    invariant(!this.#tracks.has(mapKey(kind, key)), `there is a ${kind} track ${key} already`);
    const { state, writer } = this.#started();
    const track = state.create(kind, key, meta, start);
    writer.writeSoon({ op: 'create', id: track.id, kind, key, meta, position: start });
    return this.#add(track) as unknown as Track<P, M>;
  }

  async writable(): Promise<void> {
    await this.#started().writer.outage.over();
  }

  /** Resolves when all positions until now are durable; rejects with `LC_STATE_UNWRITABLE`. */
  async flush(): Promise<void> {
    await this.#started().writer.flush();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  health(): Health {
    return this.#loaded?.writer.outage.health() ?? { status: 'ok', sinceMs: this.#createdMs };
  }

  async #load(): Promise<void> {
    const { clock, logger } = this.#options;
    const recovered = await recover(this.#directory);
    await reportDamage(recovered, this.#directory, { clock, logger });
    const writer = new StateWriter({ directory: this.#directory, clock, logger }, recovered);
    await writer.begin(recovered.follows);
    this.#loaded = { state: recovered.state, writer };
    for (const track of recovered.state.tracks.values()) this.#add(track);
  }

  async #close(): Promise<void> {
    await this.#loaded?.writer.close();
    try {
      await this.#lock.release();
    } catch (error) {
      // It is stale from now on, and the next start takes it over.
      this.#options.logger.warn('positions.lock', `the lock could not be removed: ${errorText(error)}`);
    }
  }

  #started(): Loaded {
    invariant(this.#loaded !== undefined, 'the positions were used before they were started');
    return this.#loaded;
  }

  #add(state: TrackState): StoreTrack {
    const { writer } = this.#started();
    const track = new StoreTrack(state, writer, () => this.#forget(state));
    this.#tracks.set(mapKey(state.kind, state.key), track);
    return track;
  }

  #forget(track: TrackState): void {
    const { state, writer } = this.#started();
    this.#tracks.delete(mapKey(track.kind, track.key));
    state.tracks.delete(track.id);
    writer.writeSoon({ op: 'forget', id: track.id });
  }
}

/** Kinds come from the code and hold no NUL. */
function mapKey(kind: string, key: string): string {
  return `${kind}\0${key}`;
}
