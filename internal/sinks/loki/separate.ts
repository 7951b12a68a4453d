import type { Part } from '../../../pkg/types/batch.ts';
import { secondsOf } from '../record-time.ts';
import type { Group, Selection } from './groups.ts';

/**
 * Divides what one push would hide. Loki's ingester answers for the last stream of a push only: where that is stored
 * it says nothing of entries of the others that were too far behind or above the rate of their stream, and they are
 * gone (Loki 3.7.8, measured). So a stream to which that can happen stands last, and there is one of them in a push.
 * New streams are refused from one on, so that the last tells of all of them. `maxBehindMs`: how far behind the newest
 * entry of its stream Loki takes one; 0: any.
 */
export function separated(selection: Selection, nowMs: number, maxBehindMs: number): readonly Selection[] {
  // Half of it, for the newest may be some minutes in the future.
  const oldestSec = maxBehindMs === 0 ? Number.NEGATIVE_INFINITY : (nowMs - maxBehindMs / 2) / 1000;
  const atRisk: Group[] = [];
  const safe: Group[] = [];
  for (const group of selection) {
    const isLoud = group.target.loudness.add(bytesOf(group), nowMs);
    const isAtRisk = isLoud || group.parts.some(part => isLate(part, oldestSec));
    (isAtRisk ? atRisk : safe).push(group);
  }
  const [first, ...others] = atRisk;
  if (first === undefined || selection.length === 1) return [selection];
  const hasNew = safe.some(({ target }) => !target.isKnown(nowMs));
  const together = hasNew ? [safe, [first]] : [[...safe, first]];
  return [...together, ...others.map(group => [group])];
}

/** What the lines of a group take up in its chunks: about their size. */
function bytesOf({ parts }: Group): number {
  let bytes = 0;
  for (const { spans, from, to } of parts) bytes += spans[2 * to - 1]! - spans[2 * from]!;
  return bytes;
}

function isLate(part: Part, oldestSec: number): boolean {
  if (part.times === undefined) return secondsOf(part, part.from) < oldestSec;
  for (let r = part.from; r < part.to; r++) if (secondsOf(part, r) < oldestSec) return true;
  return false;
}
