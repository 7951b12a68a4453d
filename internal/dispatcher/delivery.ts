import { invariant } from '../../pkg/errors/errors.ts';
import type { Chunk } from '../../pkg/types/chunk.ts';
import type { Receipt } from '../../pkg/types/receipt.ts';

/**
 * One chunk's account in one lane. A chunk may travel in several batches, and a batch may be taken in part; when
 * every record has been settled once, the lane's word goes to the receipt (stop 7). Holds no bytes.
 */
export class Delivery {
  readonly readAtMs: number;
  readonly source: string;
  readonly #receipt: Receipt;
  #unsettled: number;

  constructor(chunk: Chunk) {
    this.readAtMs = chunk.readAtMs;
    this.source = chunk.origin.source;
    this.#receipt = chunk.receipt;
    this.#unsettled = chunk.records;
  }

  /** `records` more are settled, whatever the way. Returns whether that was the last of the chunk. */
  settle(records: number): boolean {
    if (records === 0) return false;
    this.#unsettled -= records;
    invariant(this.#unsettled >= 0, 'a record was settled twice in one lane');
    if (this.#unsettled > 0) return false;
    this.#receipt.settle();
    return true;
  }
}
