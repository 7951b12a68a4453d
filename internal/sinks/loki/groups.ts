import type { Part } from '../../../pkg/types/batch.ts';
import type { LokiStream } from './loki-stream.ts';
import type { LokiStreams } from './loki-streams.ts';

/** A part that knows where its records stand in the batch: record r is number `first` + r - `from`. */
export interface NumberedPart extends Part {
  readonly first: number;
}

/** The parts of one stream, in order: one stream message of a push. */
export interface Group {
  readonly target: LokiStream;
  readonly parts: readonly NumberedPart[];
}

/** What one push carries: all of a batch, or some of it. */
export type Selection = readonly Group[];

/**
 * Brings the parts of each stream together. Streams that Loki has not taken lately stand last: of a push with several
 * streams its ingester tells only what became of the last one, and new streams are those that it refuses.
 */
export function groupByStream(parts: readonly Part[], streams: LokiStreams, nowMs: number): Selection {
  const groups = new Map<LokiStream, NumberedPart[]>();
  let first = 0;
  for (const part of parts) {
    const target = streams.of(part, nowMs);
    const numbered = { ...part, base: target.timeOf(part), first };
    first += part.to - part.from;
    const group = groups.get(target);
    if (group === undefined) groups.set(target, [numbered]);
    else group.push(numbered);
  }
  const selection = Array.from(groups, ([target, numbered]) => ({ target, parts: numbered }));
  if (selection.length === 1) return selection;
  const isKnown = ({ target }: Group): boolean => target.isKnown(nowMs);
  return [...selection.filter(isKnown), ...selection.filter(group => !isKnown(group))];
}

export function countRecords(selection: Selection): number {
  let records = 0;
  for (const { parts } of selection) for (const { from, to } of parts) records += to - from;
  return records;
}

/** The numbers of its records, ascending. */
export function recordNumbers(selection: Selection): Uint32Array {
  const numbers = new Uint32Array(countRecords(selection));
  let count = 0;
  for (const { parts } of selection)
    for (const { from, to, first } of parts)
      for (let number = first; number < first + to - from; number++) numbers[count++] = number;
  return numbers.sort();
}

/** Its two halves, or `undefined` when it is a single record: by streams while there are several, then by records. */
export function halves(selection: Selection): readonly [Selection, Selection] | undefined {
  const [group] = selection;
  if (selection.length > 1) {
    const middle = selection.length >>> 1;
    return [selection.slice(0, middle), selection.slice(middle)];
  }
  const records = countRecords(selection);
  if (group === undefined || records < 2) return undefined;
  const middle = records >>> 1;
  return [[sliceOf(group, 0, middle)], [sliceOf(group, middle, records)]];
}

/** Without the records that `isOut` names; `undefined` where nothing is left. */
export function without(selection: Selection, isOut: (record: number) => boolean): Selection | undefined {
  const groups: Group[] = [];
  for (const { target, parts } of selection) {
    const left = parts.flatMap(part => runsOf(part, isOut));
    if (left.length > 0) groups.push({ target, parts: left });
  }
  return groups.length > 0 ? groups : undefined;
}

/** The records `[from, to)` of a group, counted from its first. */
function sliceOf({ target, parts }: Group, from: number, to: number): Group {
  const slice: NumberedPart[] = [];
  let before = 0;
  for (const part of parts) {
    const start = Math.max(part.from, part.from + from - before);
    const end = Math.min(part.to, part.from + to - before);
    if (start < end) slice.push(narrowed(part, start, end));
    before += part.to - part.from;
  }
  return { target, parts: slice };
}

/** The runs of records of a part that are not out. */
function runsOf(part: NumberedPart, isOut: (record: number) => boolean): NumberedPart[] {
  const runs: NumberedPart[] = [];
  let start = part.from;
  for (let r = part.from; r <= part.to; r++) {
    if (r < part.to && !isOut(part.first + r - part.from)) continue;
    if (start < r) runs.push(narrowed(part, start, r));
    start = r + 1;
  }
  return runs;
}

function narrowed(part: NumberedPart, from: number, to: number): NumberedPart {
  return { ...part, from, to, first: part.first + from - part.from };
}
