import type { Instant } from '../../pkg/types/stream.ts';
import { compareInstants } from './instant.ts';
import type { LogQuery } from './log-query.ts';
import type { Segment } from './segment.ts';
import type { Store } from './store.ts';

/** Which of the entries that match a query are wanted: `start` ≤ time < `end`, the first `limit` in direction. */
export interface Range {
  readonly start: Instant;
  readonly end: Instant;
  readonly limit: number;
  readonly direction: 'forward' | 'backward';
}

/** An entry that a query found. */
export interface FoundEntry extends Instant {
  readonly stream: number;
  readonly line: Buffer;
}

/** The entries that match, in order of time, each with a view of its line: use them before the next push. */
export function selectEntries(store: Store, query: LogQuery, range: Range): FoundEntry[] {
  const streams = matchingStreams(store, query);
  const found = new FirstEntries(range);
  for (const segment of store.segments()) {
    if (segment.maxSec < range.start.sec || segment.minSec > range.end.sec) continue;
    for (let i = 0; i < segment.count; i++) {
      if (streams.has(segment.stream[i]!) && isWithin(segment, i, range)) {
        const line = segment.line(i);
        if (query.matchesLine(line)) {
          found.add({ stream: segment.stream[i]!, sec: segment.sec[i]!, nanos: segment.nanos[i]!, line });
        }
      }
    }
  }
  return found.take();
}

/** Ids of the streams whose labels match. */
export function matchingStreams(store: Store, query: LogQuery): Set<number> {
  const ids = new Set<number>();
  for (const stream of store.streams.values())
    if (query.selector.matches(new Map(stream.labels))) ids.add(stream.id);
  return ids;
}

function isWithin(segment: Segment, i: number, { start, end }: Range): boolean {
  const sec = segment.sec[i]!;
  if (sec < start.sec || sec > end.sec) return false;
  const nanos = segment.nanos[i]!;
  return (sec > start.sec || nanos >= start.nanos) && (sec < end.sec || nanos < end.nanos);
}

/** Keeps the first `limit` entries in the order asked for, holding few more than that while it looks. */
class FirstEntries {
  readonly #limit: number;
  readonly #compare: (a: FoundEntry, b: FoundEntry) => number;
  #entries: FoundEntry[] = [];

  constructor({ limit, direction }: Range) {
    this.#limit = limit;
    this.#compare = direction === 'forward' ? compareInstants : (a, b) => compareInstants(b, a);
  }

  add(entry: FoundEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length > this.#limit * 2 + 1024) this.#entries = this.take();
  }

  take(): FoundEntry[] {
    return this.#entries.sort(this.#compare).slice(0, this.#limit);
  }
}
