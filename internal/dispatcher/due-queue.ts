import type { Clock, Timer } from '../../pkg/clock/clock.ts';
import { Heap } from '../../pkg/heap/heap.ts';
import type { Lane } from './lane.ts';
import type { LaneBatch } from './lane-batch.ts';
import type { Slot } from './slot.ts';

/** The one ticker's period. */
const TICK_MS = 100;

/** Something that waits for its time: a lane's next attempt, or a parked batch that waits on its own in its slot. */
export interface Due {
  /** On the monotonic clock. */
  readonly atMs: number;
  readonly lane: Lane;
  readonly slot?: Slot;
  readonly batch?: LaneBatch;
}

interface Entry extends Due {
  readonly order: number;
}

/** All that waits, in order of due time, with one ticker whatever the number (I5); it runs only while something waits. */
export class DueQueue {
  readonly #clock: Clock;
  readonly #onDue: (due: Due) => void;
  readonly #heap = new Heap<Entry>((a, b) => (a.atMs === b.atMs ? a.order < b.order : a.atMs < b.atMs));
  #ticker: Timer | undefined;
  #order = 0;

  constructor(clock: Clock, onDue: (due: Due) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  get isRunning(): boolean {
    return this.#ticker !== undefined;
  }

  add(due: Due): void {
    this.#heap.push({ ...due, order: this.#order++ });
    this.#ticker ??= this.#clock.every(TICK_MS, () => this.#tick());
  }

  /** Takes out what waits for these lanes. */
  take(lanes: readonly Lane[]): Due[] {
    const all = this.#heap.drain();
    for (const due of all) if (!lanes.includes(due.lane)) this.#heap.push(due);
    this.#restIfEmpty();
    return all.filter(({ lane }) => lanes.includes(lane));
  }

  #tick(): void {
    const nowMs = this.#clock.monotonicMs();
    for (let due = this.#heap.peek(); due !== undefined && due.atMs <= nowMs; due = this.#heap.peek()) {
      this.#heap.pop();
      this.#onDue(due);
    }
    this.#restIfEmpty();
  }

  #restIfEmpty(): void {
    if (this.#heap.size > 0) return;
    this.#ticker?.clear();
    this.#ticker = undefined;
  }
}
