import { invariant } from '../../pkg/errors/errors.ts';
import type { Lane } from './lane.ts';
import { isEarlier, type LaneBatch } from './lane-batch.ts';
import type { Slot } from './slot.ts';

/** A batch that may be sent now, and its slot. */
export interface Choice {
  readonly slot: Slot;
  readonly batch: LaneBatch;
}

/**
 * The slot's next batch, if one may go at `nowMs` on the monotonic clock. Where order is kept and lines of its
 * streams wait to be sent again, only what else is in it may go; the other part is parked until they are through.
 */
export function nextOf(lane: Lane, slot: Slot, nowMs: number): LaneBatch | undefined {
  for (;;) {
    const batch = slot.oldest(nowMs);
    const late = batch === undefined ? undefined : slot.lateStreams(batch);
    if (batch === undefined || late === undefined) return batch;
    if (!batch.isParked && !lane.parking.hasRoom(batch)) return undefined;
    takeOut(lane, slot, batch);
    const pieces = batch.partition(({ stream }) => late.has(stream));
    const later = pieces.get(true)!;
    lane.parking.enter(later);
    slot.putBehind(later);
    const now = pieces.get(false);
    if (now !== undefined) slot.ready.unshift(now);
  }
}

/**
 * The batch that asks whether the sink works again: the lane's oldest. Where order is kept that of each slot in turn: a
 * batch that can never be taken is then found out, for others are.
 */
export function probeOf(lane: Lane, nowMs: number): Choice | undefined {
  let oldest: Choice | undefined;
  const first = lane.probes++ % lane.slots.length;
  for (const slot of [...lane.slots.slice(first), ...lane.slots.slice(0, first)]) {
    const batch = nextOf(lane, slot, nowMs);
    if (batch === undefined) continue;
    if (lane.options.keepsOrder) return { slot, batch };
    if (oldest === undefined || isEarlier(batch, oldest.batch)) oldest = { slot, batch };
  }
  return oldest;
}

/** Takes the batch out of wherever it waits in its slot. */
export function takeOut(lane: Lane, slot: Slot, batch: LaneBatch): void {
  lane.parking.leave(batch);
  if (slot.held.peek() === batch) slot.held.pop();
  else if (slot.waiting.peek() === batch) slot.waiting.pop();
  else invariant(slot.ready.shift() === batch, 'a batch was taken out of order');
}
