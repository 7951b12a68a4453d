import type { Failure } from '../../../pkg/types/outcome.ts';
import type { ProducerStamp } from './batch-header.ts';
import { firstSign, lastSign, type Run, recordsIn } from './runs.ts';

/** What became of a shipment, for those who wait for it. */
export type Fate =
  | { readonly as: 'stored' }
  /** Its records will never be taken. */
  | { readonly as: 'refused'; readonly failure: Failure }
  /** It is to be replaced by smaller ones: the partition waits for them. */
  | { readonly as: 'split'; readonly failure: Failure }
  /** Nobody took it so far. `isOutage`: no broker at all can be reached. */
  | { readonly as: 'later'; readonly failure: Failure; readonly afterMs: number; readonly isOutage: boolean };

const NO_BATCH = Buffer.alloc(0);

/**
 * One RecordBatch on its way to its partition. It lives until it is known what became of it, which may be longer than
 * the send that made it: when its records come again, they are recognised by `matches` and these same bytes go again.
 */
export class Shipment {
  readonly records: number;
  /** Written into `batch`. */
  stamp: ProducerStamp | undefined;
  isInFlight = false;
  /** An attempt had no answer: whatever later attempts are answered, it may be with Kafka. */
  wasLost = false;
  /** Somebody waited for it in vain. */
  wasReturned = false;
  readonly #sequence: number;
  readonly #first: string;
  readonly #last: string;
  #batch: Buffer;
  #end: Fate | undefined;
  #settle: ((fate: Fate) => void) | undefined;

  /** `sequence`: that of the lane's batch. */
  constructor(batch: Buffer, sequence: number, runs: readonly Run[]) {
    this.#batch = batch;
    this.records = recordsIn(runs);
    this.#sequence = sequence;
    this.#first = firstSign(runs);
    this.#last = lastSign(runs);
  }

  /** Whether it may be with Kafka. */
  get isUncertain(): boolean {
    return this.isInFlight || this.wasLost;
  }

  /** Whether somebody waits for it. */
  get isAwaited(): boolean {
    return this.#settle !== undefined;
  }

  /** What goes to Kafka; empty once it has ended. */
  get batch(): Buffer {
    return this.#batch;
  }

  /** Resolves with what became of it. Only one can wait. */
  wait(): Promise<Fate> {
    if (this.#end !== undefined) return Promise.resolve(this.#end);
    return new Promise(resolve => {
      this.#settle = resolve;
    });
  }

  /** Says what became of it, for now or for good. */
  settle(fate: Fate): void {
    if (fate.as === 'later') this.wasReturned = true;
    else {
      this.#end = fate;
      this.#batch = NO_BATCH;
    }
    this.#settle?.(fate);
    this.#settle = undefined;
  }

  /** Whether these, the first records of `runs`, are its records. */
  matches(sequence: number, runs: readonly Run[]): boolean {
    return (
      sequence === this.#sequence &&
      recordsIn(runs) === this.records &&
      firstSign(runs) === this.#first &&
      lastSign(runs) === this.#last
    );
  }
}

/** A shipment and its records, in memory that is lent: for as long as their send waits. */
export type Packed = readonly [Shipment, readonly Run[]];
