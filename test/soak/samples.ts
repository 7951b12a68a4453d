import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Usage, usageOf } from '../bench/process-usage.ts';

/** How a process was at a moment of a run. */
export interface Sample extends Usage {
  /** Since the run began. */
  readonly seconds: number;
  /** Open descriptors. */
  readonly descriptors: number;
}

const PERIOD_MS = 1000;

/** Looks at `/proc/PID` now and each second until `signal` is aborted, and adds what it sees to `samples`. */
export async function sample(pid: number, samples: Sample[], signal: AbortSignal): Promise<void> {
  const startMs = performance.now();
  while (!signal.aborted) {
    const descriptors = readdirSync(`/proc/${pid}/fd`).length;
    samples.push({ ...usageOf(pid), seconds: (performance.now() - startMs) / 1000, descriptors });
    await sleep(PERIOD_MS);
  }
}

/** By how much y grows as x grows by one: the line with the least squares. NaN for fewer than two places. */
export function slope(points: readonly { readonly x: number; readonly y: number }[]): number {
  const mean = (of: (point: { x: number; y: number }) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x0, y0] = [mean(({ x }) => x), mean(({ y }) => y)];
  return mean(({ x, y }) => (x - x0) * (y - y0)) / mean(({ x }) => (x - x0) ** 2);
}

/** The value in the middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
