import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { Passage, Track } from '../../pkg/types/ports.ts';
import type { Receipt } from '../../pkg/types/receipt.ts';
import { plusNanos } from '../../pkg/types/stream.ts';

/** A passage or (without one) a skip, in read order. */
interface Entry {
  readonly end: number;
  readonly passage: Passage<number> | undefined;
  receipt: Receipt | undefined;
  isSettled: boolean;
}

/** What the disk must hold at least. */
interface Mark {
  /** Entries behind the position. */
  passed: number;
  /** Entries up to the last passage that is in the journal. */
  entered: number;
  exists: boolean;
  isForgotten: boolean;
  /** Metas that are out of date for certain. */
  oldMetas: number;
}

/** How hard the end was: a kill loses nothing that was written, a power cut nothing that was synced. */
export type Safety = 'written' | 'secured';

/** One track and, seen from outside, what a successor may and must know of it. */
export class TrackModel {
  readonly key: string;
  isForgotten = false;
  readonly #track: Track<number, number>;
  readonly #start: number;
  readonly #entries: Entry[] = [];
  readonly #metas: number[];
  readonly #marks: Readonly<Record<Safety, Mark>>;
  /** Passages of the life before that were not opened again. */
  #unread: readonly Passage<number>[];
  /** Those in whose place another passage was opened. */
  #replaced: readonly Passage<number>[] = [];
  #reopened = 0;
  /** Those that were refused: nobody knows whether they reached the disk, until it is written again. */
  #refused: readonly Passage<number>[] = [];

  constructor(track: Track<number, number>, exists: boolean) {
    this.key = track.key;
    this.#track = track;
    this.#start = track.position!;
    this.#metas = [track.meta];
    this.#unread = track.pending;
    const mark = { passed: 0, entered: 0, exists, isForgotten: false, oldMetas: 0 };
    this.#marks = { written: { ...mark }, secured: { ...mark } };
  }

  /** Opens a passage that was not there before. */
  open(passage: Passage<number>): void {
    if (this.#unread.length > 0) this.#replaced = this.#unread;
    this.#unread = [];
    const entry = this.#enter(passage);
    const index = this.#entries.length;
    void this.#track.open(passage).then(
      receipt => {
        entry.receipt = receipt;
        this.#marks.written.entered = index;
        this.#marks.written.exists = true;
      },
      error => {
        assert.equal(error.code, 'LC_STATE_UNWRITABLE');
        this.#withdraw(entry);
      },
    );
  }

  /** Opens the next passage of the life before, just as it was: it is on the disk already. */
  reopen(): void {
    const [passage, ...rest] = this.#unread;
    if (passage === undefined) return;
    this.#unread = rest;
    const entry = this.#enter(passage);
    this.#reopened = this.#entries.length;
    this.#marks.written.entered = this.#reopened;
    this.#marks.secured.entered = this.#reopened;
    void this.#track.open(passage).then(receipt => {
      entry.receipt = receipt;
    });
  }

  settle(which: number): void {
    const open = this.#entries.filter(entry => entry.receipt !== undefined && !entry.isSettled);
    const entry = open[which % open.length];
    if (entry === undefined) return;
    entry.isSettled = true;
    entry.receipt?.expect(1);
    entry.receipt?.settle();
  }

  skip(end: number): void {
    this.#entries.push({ end, passage: undefined, receipt: undefined, isSettled: true });
    this.#track.skip(end);
  }

  setMeta(meta: number): void {
    this.#metas.push(meta);
    this.#track.meta = meta;
  }

  forget(): void {
    this.isForgotten = true;
    this.#track.forget();
  }

  /** Everything until now is on the disk. */
  mark(safety: Safety): void {
    const mark = this.#marks[safety];
    mark.passed = this.#settled();
    mark.entered = this.#marks.written.entered;
    mark.exists = true;
    mark.isForgotten = this.isForgotten;
    mark.oldMetas = this.#metas.length - 1;
    if (this.#refused.length > 0) this.#replaced = [];
    this.#refused = [];
  }

  /** Holds what a successor found (nothing: `undefined`) against the model. */
  check(found: Track<number, number> | undefined, safety: Safety): void {
    const mark = this.#marks[safety];
    if (found === undefined) {
      assert.ok(this.isForgotten || !mark.exists, `${this.key} is lost`);
      return;
    }
    assert.ok(!mark.isForgotten, `${this.key} came back`);
    assert.ok(this.#metas.slice(mark.oldMetas).includes(found.meta), `${this.key} has an old meta`);
    const passed = [this.#start, ...this.#entries.map(entry => entry.end)].indexOf(found.position!);
    assert.ok(passed >= mark.passed, `${this.key} went back to ${found.position}`);
    assert.ok(passed <= this.#settled(), `${this.key} passed what was not settled: ${found.position}`);
    this.#checkPending(found.pending, passed, mark.entered);
    this.#checkTime(found, mark.entered);
  }

  #enter(passage: Passage<number>): Entry {
    const entry = { end: passage.end, passage, receipt: undefined, isSettled: false };
    this.#entries.push(entry);
    return entry;
  }

  /** An entry was refused, and so all after it. */
  #withdraw(entry: Entry): void {
    const index = this.#entries.indexOf(entry);
    if (index >= 0) this.#refused = passages(this.#entries.splice(index));
  }

  /** How many entries are settled from the first on. */
  #settled(): number {
    const open = this.#entries.findIndex(entry => !entry.isSettled);
    return open < 0 ? this.#entries.length : open;
  }

  #checkPending(found: readonly Passage<number>[], passed: number, entered: number): void {
    const sure = passages(this.#entries.slice(passed, entered));
    const maybe = [...passages(this.#entries.slice(Math.max(passed, entered))), ...this.#refused];
    assert.deepEqual(found.slice(0, sure.length), sure, `${this.key}: passages are lost`);
    const rest = found.slice(sure.length);
    const old = this.#replaced.length > 0 ? this.#replaced : this.#unread;
    const isOld = entered <= this.#reopened && isDeepStrictEqual(rest, old);
    if (isOld) return;
    assert.deepEqual(rest, maybe.slice(0, rest.length), `${this.key}: passages that never were`);
    assert.ok(
      rest.length > 0 || entered > this.#reopened || passed > this.#reopened,
      `${this.key}: unread is lost`,
    );
  }

  /** Times go on after the last record that is known to be on the disk. */
  #checkTime(found: Track<number, number>, entered: number): void {
    for (const { base, records } of passages(this.#entries.slice(0, entered))) {
      const next = plusNanos(base, records);
      assert.ok(
        found.nextTime !== undefined && found.nextTime.nanos >= next.nanos,
        `${this.key}: times went back`,
      );
    }
  }
}

function passages(entries: readonly Entry[]): Passage<number>[] {
  return entries.flatMap(entry => entry.passage ?? []);
}
