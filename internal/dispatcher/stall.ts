import type { Lane } from './lane.ts';

/** A stage that has work and does none for so long is stuck: `/health` has to say so within 60 s. */
const STUCK_MS = 45_000;

/** Why a lane makes no progress although it could. */
export interface Stall {
  /** Since when, on the monotonic clock. */
  readonly sinceMs: number;
  readonly reason: string;
}

/**
 * Whether a lane is stuck: its sink does not answer at all, or something waits that could go and does not. A sink that
 * fails, a disk that is full, a pause that the server asked for are honest reasons to wait, and said elsewhere.
 */
export function stallOf(lane: Lane, nowMs: number): Stall | undefined {
  if (lane.isDead || lane.isHalted) return undefined;
  const patienceMs = Math.max(STUCK_MS, 2 * (lane.options.sendTimeoutMs ?? 0));
  for (const slot of [...lane.slots, lane.replayer.slot]) {
    if (slot.inFlight === undefined || nowMs - slot.sentAtMs < patienceMs) continue;
    return {
      sinceMs: slot.sentAtMs,
      reason: 'the sink does not answer: a batch that it was given never came back',
    };
  }
  const sinceMs = Math.max(lane.movedMs, lane.breaker.retryAtMs);
  if (nowMs - sinceMs < STUCK_MS || !couldMove(lane, nowMs)) return undefined;
  return { sinceMs, reason: 'lines wait that could be sent, and none are' };
}

function couldMove(lane: Lane, nowMs: number): boolean {
  if (lane.sending > 0 || lane.burials.isOverfull) return false;
  const isUngathered = lane.consumer.lag().messages > 0 && lane.slots.every(slot => slot.isOpen);
  return isUngathered || lane.slots.some(slot => slot.canSend(nowMs));
}
