import type { ServerResponse } from 'node:http';
import { nanosText } from './instant.ts';
import { asObject } from './labels.ts';
import type { LogQuery } from './log-query.ts';
import { SEGMENT_ENTRIES } from './segment.ts';
import { matchingStreams } from './select.ts';
import type { Store } from './store.ts';

/** At most this many lines in one event: more than a person can read, few enough for a page to draw. */
const MAX_LINES = 200;

interface Follower {
  readonly response: ServerResponse;
  readonly query: LogQuery;
  /** Number of the first entry it has not seen. */
  next: number;
}

/**
 * Live lines as server-sent events. Each push wakes the followers; one that does not keep up is left alone until
 * it has drained and then gets the newest lines and the number of those it missed.
 */
export class Tail {
  readonly #store: Store;
  readonly #followers = new Set<Follower>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Keeps `response` open and sends it what matches from now on. */
  follow(response: ServerResponse, query: LogQuery): void {
    const follower: Follower = { response, query, next: this.#store.next };
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(': open\n\n');
    response.on('drain', () => this.#send(follower));
    response.on('close', () => this.#followers.delete(follower));
    this.#followers.add(follower);
  }

  /** To be called when entries were stored. */
  wake(): void {
    for (const follower of this.#followers) if (!follower.response.writableNeedDrain) this.#send(follower);
  }

  #send(follower: Follower): void {
    const entries = this.#matching(follower);
    follower.next = this.#store.next;
    if (entries.length === 0) return;
    const shown = entries.slice(-MAX_LINES);
    const event = {
      skipped: entries.length - shown.length,
      lines: shown.map(entry => this.#describe(entry)),
    };
    follower.response.write(`data: ${JSON.stringify(event)}\n\n`);
  }

  #matching({ next, query }: Follower): number[] {
    const matching: number[] = [];
    const streams = matchingStreams(this.#store, query);
    for (let entry = Math.max(next, this.#store.oldest); entry < this.#store.next; entry++) {
      const segment = this.#store.segmentOf(entry)!;
      const i = entry % SEGMENT_ENTRIES;
      if (i >= segment.count) entry += SEGMENT_ENTRIES - i - 1;
      else if (streams.has(segment.stream[i]!) && query.matchesLine(segment.line(i))) matching.push(entry);
    }
    return matching;
  }

  #describe(entry: number): unknown {
    const segment = this.#store.segmentOf(entry)!;
    const i = entry % SEGMENT_ENTRIES;
    const labels = asObject(this.#store.labelsOf(segment.stream[i]!));
    return {
      labels,
      ts: nanosText(segment.sec[i]!, segment.nanos[i]!),
      line: segment.line(i).toString('utf8'),
    };
  }
}
