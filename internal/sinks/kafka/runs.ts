import type { Part } from '../../../pkg/types/batch.ts';
import { nanosOf, secondsOf } from '../record-time.ts';
import type { RecordFrame } from './record-frame.ts';

/** Consecutive records of one part that go to the same partition. */
export interface Run {
  readonly part: Part;
  readonly frame: RecordFrame;
  readonly from: number;
  readonly to: number;
  /** The number of record `from` in the batch. */
  readonly number: number;
}

export function recordsIn(runs: readonly Run[]): number {
  return runs.reduce((sum, { from, to }) => sum + to - from, 0);
}

/** The numbers of the records in their batch. */
export function* numbersOf(runs: readonly Run[]): Generator<number> {
  for (const { from, to, number } of runs) for (let r = from; r < to; r++) yield number + r - from;
}

/** The first `records` of them, and the others. */
export function cutRuns(runs: readonly Run[], records: number): readonly [Run[], Run[]] {
  const head: Run[] = [];
  const tail: Run[] = [];
  let room = records;
  for (const run of runs) {
    const taken = Math.min(room, run.to - run.from);
    room -= taken;
    const middle = run.from + taken;
    if (taken > 0) head.push({ ...run, to: middle });
    if (middle < run.to) tail.push({ ...run, from: middle, number: run.number + taken });
  }
  return [head, tail];
}

/** A text that tells the first record apart from all others of its stream: times do not repeat within a stream. */
export function firstSign(runs: readonly Run[]): string {
  const [run] = runs;
  return run === undefined ? '' : sign(run, run.from);
}

/** The same of the last record. */
export function lastSign(runs: readonly Run[]): string {
  const run = runs.at(-1);
  return run === undefined ? '' : sign(run, run.to - 1);
}

function sign({ part }: Run, r: number): string {
  return `${part.stream.id} ${secondsOf(part, r)} ${nanosOf(part, r)}`;
}
