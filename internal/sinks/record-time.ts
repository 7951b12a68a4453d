import type { Part } from '../../pkg/types/batch.ts';

/** Whole seconds of the time of record `r`: its own, or the part's base time plus r nanoseconds. */
export function secondsOf(part: Part, r: number): number {
  if (part.times !== undefined) return part.times[2 * r]!;
  return part.base.nanos + r < 1e9 ? part.base.sec : part.base.sec + 1;
}

/** The nanoseconds within that second. */
export function nanosOf(part: Part, r: number): number {
  if (part.times !== undefined) return part.times[2 * r + 1]!;
  const nanos = part.base.nanos + r;
  return nanos < 1e9 ? nanos : nanos - 1e9;
}
