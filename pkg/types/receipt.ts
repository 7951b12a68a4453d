/**
 * The way back. A monitor opens a receipt for every chunk, in read order, before it publishes it; every
 * lane settles it once. When all have, the ledger may move the position past it (I1).
 */
export interface Receipt {
  /** Says how many lanes will settle this receipt. Called once, by the dispatcher, when the chunk is published. */
  expect(lanes: number): void;
  /** One lane is done with the whole chunk: each record delivered, stored or discarded by policy. */
  settle(): void;
}

/** What became of records in a lane; the `outcome` label of `logs_settled_total`. */
export type Settlement = 'delivered' | 'stored' | 'discarded';
