import { isEarlier, type LaneBatch } from './lane-batch.ts';
import { Slot, slotOf } from './slot.ts';

/**
 * The slots that a lane goes on with; nothing is in flight. Where their number stays, each keeps what it has. Else letters
 * go before all that is as old as the oldest of them, also where that had waited before the letters of its own slot.
 */
export function reslot(slots: readonly Slot[], count: number): readonly Slot[] {
  if (slots.length === count) {
    // What the old sink asked for does not bind the new one.
    for (const slot of slots) slot.heldUntilMs = 0;
    return slots;
  }
  const cuts = slots.map(({ cut }) => cut).filter(cut => cut !== undefined);
  const oldest = cuts.sort((a, b) => (isEarlier(a, b) ? -1 : 1))[0];
  const fresh = spreadAll(slots, count);
  if (oldest !== undefined) for (const slot of fresh) slot.cutAt(oldest);
  return fresh;
}

/**
 * Spreads what waits in `slots` over `count` new ones, each stream over the slot that is its own from now on. Nothing
 * is in flight. What was parked stays so: the pieces of a batch weigh what it did.
 */
function spreadAll(slots: readonly Slot[], count: number): Slot[] {
  const fresh = Array.from({ length: count }, () => new Slot());
  for (const slot of slots) {
    slot.joinBehind();
    spread(slot.waiting.drain(), fresh, (target, batch) => target.waiting.push(batch));
    spread(slot.held.drain(), fresh, (target, batch) => target.held.push(batch));
    spread(slot.ready.splice(0), fresh, (target, batch) => target.ready.push(batch));
    for (const part of slot.filling) {
      const target = slotOf(part, fresh);
      target.fill(part);
      target.sealAtMs = Math.min(target.sealAtMs, slot.sealAtMs);
    }
  }
  for (const { ready } of fresh) ready.sort((a, b) => (isEarlier(a, b) ? -1 : 1));
  return fresh;
}

function spread(
  batches: readonly LaneBatch[],
  slots: readonly Slot[],
  put: (slot: Slot, batch: LaneBatch) => void,
): void {
  for (const batch of batches)
    for (const [slot, piece] of batch.partition(part => slotOf(part, slots))) put(slot, piece);
}

/** The disk did not take this batch, which had left its slot: each stream goes back to the slot that is its own now. */
export function putBack(batch: LaneBatch, slots: readonly Slot[]): void {
  spread([batch], slots, (slot, piece) => slot.putBack(piece));
}
