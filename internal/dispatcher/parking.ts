import type { SlabShelf } from '../../pkg/slab/slab-shelf.ts';
import type { LaneBatch } from './lane-batch.ts';
import { traceParked } from './trace.ts';

/** Where a lane's batches wait for another attempt: bounded in records and in bytes (I4). */
export class Parking {
  readonly #sink: string;
  readonly #copies: SlabShelf;
  #maxRecords: number;
  #maxBytes: number;
  #records = 0;
  #bytes = 0;

  constructor(sink: string, copies: SlabShelf, maxRecords: number, maxBytes: number) {
    this.#sink = sink;
    this.#copies = copies;
    this.#maxRecords = maxRecords;
    this.#maxBytes = maxBytes;
  }

  get maxRecords(): number {
    return this.#maxRecords;
  }

  /** Other bounds from now on; what is in stays in. */
  resize(maxRecords: number, maxBytes: number): void {
    this.#maxRecords = maxRecords;
    this.#maxBytes = maxBytes;
  }

  get records(): number {
    return this.#records;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** How full it is, 0 to 1: the nearer of its two bounds. */
  get utilization(): number {
    return Math.max(this.#records / this.#maxRecords, this.#bytes / this.#maxBytes);
  }

  /** Whether the batch fits. */
  hasRoom({ records, bytes }: LaneBatch): boolean {
    return this.#records + records <= this.#maxRecords && this.#bytes + bytes <= this.#maxBytes;
  }

  /** Counts the batch in and makes it owned; `false`, and nothing done, when it does not fit. */
  enter(batch: LaneBatch): boolean {
    if (!this.hasRoom(batch)) return false;
    batch.own(this.#copies);
    batch.isParked = true;
    this.#records += batch.records;
    this.#bytes += batch.bytes;
    traceParked(this.#sink, batch);
    return true;
  }

  /** Counts the batch out, if it is in. */
  leave(batch: LaneBatch): void {
    if (!batch.isParked) return;
    batch.isParked = false;
    this.#records -= batch.records;
    this.#bytes -= batch.bytes;
  }
}
