import { invariant } from '../../pkg/errors/errors.ts';
import type { Json, Passage, Track } from '../../pkg/types/ports.ts';
import type { Receipt } from '../../pkg/types/receipt.ts';
import type { Instant } from '../../pkg/types/stream.ts';
import { Ledger, type LedgerReceipt } from './ledger.ts';
import { commit, enterPassage, type JournalRecord, type TrackState, withdrawPassages } from './state.ts';

/** The way to the disk (`StateWriter`). */
export interface TrackWriter {
  /** Throws `LC_STATE_UNWRITABLE` while the state directory cannot be written. */
  assertWritable(): void;
  /** Resolves when the record is in the journal; rejects with `LC_STATE_UNWRITABLE`. */
  write(record: JournalRecord): Promise<void>;
  /** Puts the record into the journal soon. */
  writeSoon(record: JournalRecord): void;
  /** Puts the track's position into the journal soon. */
  moved(track: TrackState): void;
}

/** A track on its ledger: what it remembers is always in `state`, and reaches the disk through its writer. */
export class StoreTrack implements Track {
  readonly state: TrackState;
  readonly #writer: TrackWriter;
  readonly #onForget: () => void;
  readonly #ledger: Ledger<Json>;
  /** The number of the passage that was opened last. */
  #opened: number;
  #readTo: Json;
  #isForgotten = false;

  constructor(state: TrackState, writer: TrackWriter, onForget: () => void) {
    this.state = state;
    this.#writer = writer;
    this.#onForget = onForget;
    this.#opened = state.settled;
    this.#readTo = state.position;
    const before = state.settled;
    this.#ledger = new Ledger((position, settled) => {
      commit(state, before + settled, position);
      writer.moved(state);
    });
  }

  get kind(): string {
    return this.state.kind;
  }

  get key(): string {
    return this.state.key;
  }

  get meta(): Json {
    return this.state.meta;
  }

  set meta(meta: Json) {
    invariant(!this.#isForgotten, `track ${this.key} was changed after it was forgotten`);
    this.state.meta = meta;
    this.#writer.writeSoon({ op: 'meta', id: this.state.id, meta });
  }

  get position(): Json {
    return this.state.position;
  }

  get readTo(): Json {
    return this.#readTo;
  }

  get pending(): readonly Passage[] {
    return this.state.pending.slice(this.#opened - this.state.settled);
  }

  get nextTime(): Instant | undefined {
    return this.state.nextTime;
  }

  async open({ end, records, base }: Passage): Promise<Receipt> {
    invariant(!this.#isForgotten, `track ${this.key} was read after it was forgotten`);
    this.#writer.assertWritable();
    const { state } = this;
    const receipt = this.#ledger.enter(end);
    const n = ++this.#opened;
    const passage = { end, records, base: { sec: base.sec, nanos: base.nanos } };
    const known = state.pending[n - state.settled - 1];
    const before = this.#readTo;
    this.#readTo = end;
    if (known !== undefined && isSame(known, passage)) return receipt;
    enterPassage(state, n, passage);
    try {
      await this.#writer.write({ op: 'open', id: state.id, n, passage });
    } catch (error) {
      this.#withdraw(receipt, n, before);
      throw error;
    }
    return receipt;
  }

  skip(end: Json): void {
    invariant(!this.#isForgotten, `track ${this.key} was read after it was forgotten`);
    this.#readTo = end;
    this.#ledger.skip(end);
  }

  forget(): void {
    if (this.#isForgotten) return;
    this.#isForgotten = true;
    this.#onForget();
  }

  /** The passage is not on the disk, so neither it nor one after it counts as opened. */
  #withdraw(receipt: LedgerReceipt<Json>, n: number, readTo: Json): void {
    if (!this.#ledger.withdraw(receipt)) return;
    this.#opened = n - 1;
    this.#readTo = readTo;
    withdrawPassages(this.state, n);
  }
}

/** A passage of before the restart, opened again just as it was, is in the journal already. */
function isSame(a: Passage, b: Passage): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
