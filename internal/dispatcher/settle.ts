import type { Settlement } from '../../pkg/types/receipt.ts';
import type { LaneBatch } from './lane-batch.ts';
import type { LaneStats } from './lane-stats.ts';
import { traceSettled } from './trace.ts';

const NONE = new Uint32Array();

/**
 * Stop 7: settles all records of a batch but `except` (numbers, ascending), once each, and gives the batch's memory
 * back. The batch is not used after this. Letters that are replayed were counted when they were stored: they move
 * the dead-letter queue's own cursor and no other figure.
 */
export function settle(
  stats: LaneStats,
  nowMs: number,
  batch: LaneBatch,
  outcome: Settlement,
  except: Uint32Array = NONE,
): void {
  let first = 0;
  let next = 0;
  for (const part of batch.parts) {
    const records = part.to - part.from;
    let settled = records;
    for (; next < except.length && except[next]! < first + records; next++) settled--;
    first += records;
    if (!batch.isReplay) stats.countSettled(outcome, settled);
    if (outcome === 'delivered' && settled > 0) stats.countDelivered(part.stream, settled, nowMs);
    const isLast = part.delivery.settle(settled);
    if (isLast && outcome === 'delivered' && !batch.isReplay)
      stats.deliverySeconds.observe(Math.max(0, nowMs - part.delivery.readAtMs) / 1000);
  }
  traceSettled(stats.sink, batch, outcome, except.length);
  batch.release();
}

/** All these record numbers, ascending. */
export function union(sets: readonly Uint32Array[]): Uint32Array {
  if (sets.length === 1) return sets[0]!;
  return Uint32Array.from(sets.flatMap(set => [...set])).sort();
}
