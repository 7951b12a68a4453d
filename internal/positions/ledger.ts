import { invariant } from '../../pkg/errors/errors.ts';
import type { Receipt } from '../../pkg/types/receipt.ts';

/** What a receipt counts before it knows how many lanes will settle it. */
const UNKNOWN = -1;

/** Below this many settled receipts at the front, cutting them off is not worth the copy. */
const COMPACT_FROM = 64;

/** A place in the ledger. Settled at `lanesLeft` 0; anything said of it out of turn is `LC_INVARIANT`. */
export class LedgerReceipt<P> implements Receipt {
  end: P;
  lanesLeft: number;
  readonly isPassage: boolean;
  readonly #onSettled: () => void;

  constructor(end: P, isPassage: boolean, onSettled: () => void) {
    this.end = end;
    this.isPassage = isPassage;
    this.lanesLeft = isPassage ? UNKNOWN : 0;
    this.#onSettled = onSettled;
  }

  expect(lanes: number): void {
    invariant(this.lanesLeft === UNKNOWN, 'a receipt was told twice how many lanes to expect');
    invariant(Number.isInteger(lanes) && lanes >= 0, `a receipt cannot expect ${lanes} lanes`);
    this.lanesLeft = lanes;
    if (lanes === 0) this.#onSettled();
  }

  settle(): void {
    invariant(this.lanesLeft !== UNKNOWN, 'a receipt was settled before it was published');
    invariant(this.lanesLeft > 0, 'a receipt was settled more often than lanes were expected');
    if (--this.lanesLeft === 0) this.#onSettled();
  }
}

/** Called when the position has moved; `settled` is how many passages lie behind it. */
export type OnMove<P> = (position: P, settled: number) => void;

/**
 * The receipts of one track that are open, in read order. The position is the end of the longest prefix that
 * every lane has settled (I1), in whatever order they settle. Every call costs O(1), amortised.
 */
export class Ledger<P> {
  readonly #onMove: OnMove<P>;
  readonly #receipts: LedgerReceipt<P>[] = [];
  /** Where the first open receipt is; what lies before is settled and waits to be cut off. */
  #head = 0;
  #settled = 0;

  constructor(onMove: OnMove<P>) {
    this.#onMove = onMove;
  }

  /** How many receipts keep the position from moving, or wait for one that does. */
  get open(): number {
    return this.#receipts.length - this.#head;
  }

  /** A receipt for the passage that ends at `end`. */
  enter(end: P): LedgerReceipt<P> {
    const receipt = new LedgerReceipt(end, true, this.#advance);
    this.#receipts.push(receipt);
    return receipt;
  }

  /** A passage that nobody has to settle: the position moves to `end` as soon as all before it is settled. */
  skip(end: P): void {
    const last = this.open > 0 ? this.#receipts.at(-1) : undefined;
    if (last !== undefined && !last.isPassage) {
      last.end = end;
      return;
    }
    this.#receipts.push(new LedgerReceipt(end, false, this.#advance));
    this.#advance();
  }

  /**
   * Takes back a receipt that was never handed out, and with it all that was entered after it, for nothing
   * may be settled beyond a gap. Says whether the receipt was still there.
   */
  withdraw(receipt: LedgerReceipt<P>): boolean {
    const index = this.#receipts.lastIndexOf(receipt);
    if (index < 0) return false;
    this.#receipts.length = index;
    return true;
  }

  readonly #advance = (): void => {
    const from = this.#head;
    let passed: LedgerReceipt<P> | undefined;
    for (let next = this.#receipts[from]; next?.lanesLeft === 0; next = this.#receipts[this.#head]) {
      passed = next;
      if (next.isPassage) this.#settled++;
      this.#head++;
    }
    if (passed === undefined) return;
    this.#compact();
    this.#onMove(passed.end, this.#settled);
  };

  #compact(): void {
    if (this.open > 0 && (this.#head < COMPACT_FROM || this.#head < this.open)) return;
    this.#receipts.splice(0, this.#head);
    this.#head = 0;
  }
}
