import type { Receipt } from '../../pkg/types/receipt.ts';

/**
 * Receipts for the chunks that one passage is sent as: the passage is settled when each of them is. Where one of them
 * is never published, it stays open.
 */
export function sharesOf(receipt: Receipt, chunks: number): readonly Receipt[] {
  if (chunks === 1) return [receipt];
  let left = chunks;
  const settleOne = (): void => {
    if (--left === 0) receipt.settle();
  };
  receipt.expect(1);
  return Array.from({ length: chunks }, () => new Share(settleOne));
}

class Share implements Receipt {
  readonly #onSettled: () => void;
  #lanesLeft = 0;

  constructor(onSettled: () => void) {
    this.#onSettled = onSettled;
  }

  expect(lanes: number): void {
    this.#lanesLeft = lanes;
    if (lanes === 0) this.#onSettled();
  }

  settle(): void {
    if (--this.#lanesLeft === 0) this.#onSettled();
  }
}
