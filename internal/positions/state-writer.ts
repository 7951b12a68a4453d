import type { Clock, Timer } from '../../pkg/clock/clock.ts';
import type { LcError } from '../../pkg/errors/errors.ts';
import type { Logger } from '../selflog/logger.ts';
import { Journal, type JournalOwner } from './journal.ts';
import { Outage } from './outage.ts';
import type { Recovered } from './recovery.ts';
import { encodeSnapshot } from './snapshot.ts';
import type { JournalRecord, PositionsState, TrackState } from './state.ts';
import type { StateDirectory } from './state-directory.ts';
import type { TrackWriter } from './track.ts';

/** Positions that moved are written so often at most: what moved later is sent again by a killed agent. */
const COMMIT_DELAY_MS = 50;

/** A loss of power costs at most what was written in this time: it is read and sent again. */
const SYNC_DELAY_MS = 5_000;

/** A journal beyond this, and beyond the size of its snapshot, gives way to a new snapshot at once. */
const JOURNAL_LIMIT_BYTES = 1 << 20;

export interface StateWriterOptions {
  readonly directory: StateDirectory;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Keeps the state directory in step with the state in memory: journal lines at once, a datasync or a snapshot
 * at most 5 s later, whichever is cheaper. While it cannot, the state goes on in memory, and the first thing
 * that is written afterwards is all of it.
 */
export class StateWriter implements JournalOwner, TrackWriter {
  readonly outage: Outage;
  readonly #directory: StateDirectory;
  readonly #clock: Clock;
  readonly #journal = new Journal(this);
  /** Tracks whose position is newer than in the journal. */
  readonly #moved = new Set<TrackState>();
  readonly #state: PositionsState;
  /** Of the newest journal or snapshot. */
  #generation: number;
  /** Of the newest snapshot that is whole on the disk. */
  #saved: number;
  #snapshotBytes = 0;
  /** Snapshots, syncs and repairs, one after the other; never rejects. */
  #upkeep: Promise<void> = Promise.resolve();
  #areCommitsDue = false;
  #commitTimer: Timer | undefined;
  #syncTimer: Timer | undefined;
  /** Whether the state holds more than the newest snapshot. */
  #isChanged = false;
  #isRotating = false;
  #isClosed = false;

  constructor({ directory, clock, logger }: StateWriterOptions, recovered: Recovered) {
    this.#directory = directory;
    this.#clock = clock;
    this.#state = recovered.state;
    this.#saved = recovered.generation;
    this.#generation = recovered.lastGeneration;
    const retry = (): void => void this.#keepUp(() => this.#repair());
    this.outage = new Outage({ dir: directory.path, clock, logger, retry });
  }

  /**
   * Writes a snapshot of everything and begins its journal; `follows` as in the journal's header. Rejects with
   * the system's error.
   */
  async begin(follows: number | null): Promise<void> {
    await this.#journal.stop();
    this.#journal.dropLines();
    const generation = ++this.#generation;
    await this.#save(generation, this.#encode(generation));
    this.#journal.begin(await this.#directory.createJournal(generation), generation, follows);
  }

  assertWritable(): void {
    this.outage.assertNone();
  }

  /** Resolves when the record is in the journal; rejects with `LC_STATE_UNWRITABLE`. */
  write(record: JournalRecord): Promise<void> {
    this.#isChanged = true;
    this.#journal.append(record);
    return this.#journal.write();
  }

  /** The record goes into the journal with the next passage, or a little later. */
  writeSoon(record: JournalRecord): void {
    this.#journal.append(record);
    this.#armCommit();
  }

  /** The newest position of the track goes into the journal a little later. */
  moved(track: TrackState): void {
    this.#moved.add(track);
    this.#armCommit();
  }

  /** Resolves when everything until now would survive a loss of power; rejects with `LC_STATE_UNWRITABLE`. */
  async flush(): Promise<void> {
    this.outage.assertNone();
    this.#areCommitsDue = true;
    await this.#journal.write();
    await this.#keepUp(() => this.#journal.sync());
    this.outage.assertNone();
  }

  /** Writes a last snapshot. What cannot be written any more is read and sent again after the next start. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#commitTimer?.clear();
    this.#syncTimer?.clear();
    this.outage.close();
    await this.#keepUp(() => this.#end());
  }

  takeCommits(): JournalRecord[] {
    const commits: JournalRecord[] = [];
    if (!this.#areCommitsDue) return commits;
    this.#areCommitsDue = false;
    for (const { id, settled, position } of this.#moved) {
      commits.push({ op: 'commit', id, n: settled, position });
    }
    this.#moved.clear();
    return commits;
  }

  onWritten(): void {
    if (this.#isClosed) return;
    if (this.#journal.bytes > Math.max(JOURNAL_LIMIT_BYTES, this.#snapshotBytes)) {
      if (!this.#isRotating) void this.#keepUp(() => this.#rotate());
      this.#isRotating = true;
    }
    this.#syncTimer ??= this.#clock.after(SYNC_DELAY_MS, () => {
      this.#syncTimer = undefined;
      void this.#keepUp(() => this.#secure());
    });
  }

  onFailed(error: unknown): LcError {
    return this.outage.report(error);
  }

  /** One after the other; a failure begins an outage. Never rejects. */
  #keepUp(task: () => Promise<void>): Promise<void> {
    this.#upkeep = this.#upkeep.then(task).catch((error: unknown) => void this.outage.report(error));
    return this.#upkeep;
  }

  #armCommit(): void {
    this.#isChanged = true;
    if (this.#isClosed) return;
    this.#commitTimer ??= this.#clock.after(COMMIT_DELAY_MS, () => {
      this.#commitTimer = undefined;
      this.#areCommitsDue = true;
      // A failure has been reported to `onFailed` then.
      if (this.outage.error === undefined) this.#journal.write().catch(() => undefined);
    });
  }

  async #repair(): Promise<void> {
    await this.begin(null);
    this.outage.end();
    await this.#journal.write();
  }

  /** Makes the journal durable, by what costs less: its own sync, or a snapshot in its place. */
  async #secure(): Promise<void> {
    if (this.outage.error !== undefined) return;
    if (this.#journal.bytes < this.#snapshotBytes) await this.#journal.sync();
    else await this.#rotate();
  }

  /** Begins a new journal and, while it is being written already, saves the snapshot that leads to it. */
  async #rotate(): Promise<void> {
    if (this.outage.error !== undefined) return;
    const generation = ++this.#generation;
    const file = await this.#directory.createJournal(generation);
    const snapshot = await this.#journal.rotate(file, generation, () => this.#encode(generation));
    await this.#save(generation, snapshot);
  }

  async #end(): Promise<void> {
    await this.#journal.stop();
    if (!this.#isChanged && this.outage.error === undefined) return;
    const generation = ++this.#generation;
    await this.#save(generation, this.#encode(generation));
  }

  #encode(generation: number): Buffer {
    this.#isChanged = false;
    this.#isRotating = false;
    this.#syncTimer?.clear();
    this.#syncTimer = undefined;
    return encodeSnapshot(generation, this.#state);
  }

  async #save(generation: number, snapshot: Buffer): Promise<void> {
    await this.#directory.saveSnapshot(snapshot);
    this.#snapshotBytes = snapshot.length;
    const previous = this.#saved;
    this.#saved = generation;
    await this.#directory.removeJournalsBefore(previous);
  }
}
