import type { Fs } from '../../pkg/fsx/fs.ts';
import type { LetterBox } from './letter-box.ts';
import { type LetterFilter, LetterSearch } from './letter-search.ts';
import { pushRange } from './ranges.ts';
import { type Segment, Tally } from './segment.ts';

/** What a person orders to be done with letters. */
export type Order = 'replay' | 'purge';

/** What became of an order. */
export interface OrderResult {
  /** Letters that were meant, without those under way. */
  readonly records: number;
  readonly bytes: number;
  /** Being sent just now: left alone. */
  readonly underWay: number;
}

/** Letters of one segment that were found, by offset: `[from0, to0, …]`, and their causes. */
interface Selection {
  readonly letters: number[];
  readonly causes: number[];
}

/**
 * Does with the letters that the filter wants what is ordered: `replay` lets them go, whatever their cause; `purge`
 * drops them. It is durable when this resolves, or the log says why not. With `isDry` nothing is changed. Rejects with
 * the system's error when letters cannot be read.
 */
export async function carryOut(
  order: Order,
  filter: LetterFilter,
  isDry: boolean,
  {
    fs,
    boxes,
    isAuto,
  }: { readonly fs: Fs; readonly boxes: Iterable<LetterBox>; readonly isAuto: readonly boolean[] },
): Promise<OrderResult> {
  const search = new LetterSearch(filter);
  const result = { records: 0, bytes: 0, underWay: 0 };
  for (const box of boxes) {
    for (const segment of box.shelf.segments) {
      if (!search.wants(box.sink)) break;
      await box.shelf.exclusive(async () => {
        const selection = await select(fs, search, box.sink, segment);
        const tally = isDry ? count(segment, selection) : act[order](segment, selection, isAuto);
        result.underWay += selection.causes.length - tally.total;
        result.records += tally.total;
        result.bytes += tally.bytes.reduce((sum, bytes) => sum + bytes, 0);
        if (isDry) return;
        if (order === 'purge') box.metrics.dropped(tally);
      });
    }
    if (!isDry) await box.shelf.save();
  }
  return result;
}

const act = { replay: request, purge } as const;

async function select(fs: Fs, search: LetterSearch, sink: string, segment: Segment): Promise<Selection> {
  const selection: Selection = { letters: [], causes: [] };
  await search.visit(fs, sink, segment, ({ from, to, offset, cause }) => {
    selection.letters.push(offset, offset + to + 1 - from);
    selection.causes.push(cause);
  });
  return selection;
}

/** Visits the letters that still wait: others may have gone while the segment was read. */
function eachWaiting(
  segment: Segment,
  { letters, causes }: Selection,
  visit: (from: number, to: number, cause: number) => void,
): Tally {
  const tally = new Tally();
  for (const [i, cause] of causes.entries()) {
    const [from, to] = [letters[2 * i]!, letters[2 * i + 1]!];
    if (segment.done.endAt(from) >= 0 || segment.out.endAt(from) >= 0) continue;
    tally.add(cause, 1, to - from);
    visit(from, to, cause);
  }
  return tally;
}

function count(segment: Segment, selection: Selection): Tally {
  return eachWaiting(segment, selection, () => undefined);
}

function request(segment: Segment, selection: Selection, isAuto: readonly boolean[]): Tally {
  const letters: number[] = [];
  let records = 0;
  const tally = eachWaiting(segment, selection, (from, to, cause) => {
    if (isAuto[cause] || segment.requested.endAt(from) >= 0) return;
    pushRange(letters, from, to);
    records++;
  });
  segment.request(letters, records);
  return tally;
}

function purge(segment: Segment, selection: Selection, isAuto: readonly boolean[]): Tally {
  const letters: number[] = [];
  const tally = eachWaiting(segment, selection, (from, to, cause) => {
    pushRange(letters, from, to);
    if (isAuto[cause] || segment.requested.endAt(from) >= 0) segment.takeable--;
  });
  segment.finish(letters, tally);
  return tally;
}
