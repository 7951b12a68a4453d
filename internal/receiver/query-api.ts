import type { ServerResponse } from 'node:http';
import type { Clock } from '../../pkg/clock/clock.ts';
import { sendAnswer, sendJson } from './http.ts';
import { instantOfMs, nanosText, parseInstant } from './instant.ts';
import { asObject, type LabelPair } from './labels.ts';
import { parseLogQuery } from './log-query.ts';
import { type FoundEntry, matchingStreams, type Range, selectEntries } from './select.ts';
import type { Store } from './store.ts';

const DEFAULT_LIMIT = 100;
const DEFAULT_RANGE_MS = 3_600_000;
const LABEL_VALUES = /^\/loki\/api\/v1\/label\/([^/]+)\/values$/;

/** The part of Loki's API that reads: what logcli, Grafana's Explore and tests ask. */
export class QueryApi {
  readonly #store: Store;
  readonly #clock: Clock;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Answers a request if it is one of the API's; false if not. */
  handle(url: URL, response: ServerResponse): boolean {
    const { pathname, searchParams } = url;
    const labelName = LABEL_VALUES.exec(pathname)?.[1];
    if (labelName !== undefined) this.#labelValues(labelName, response);
    else if (pathname === '/loki/api/v1/labels' || pathname === '/loki/api/v1/label') {
      sendData(response, this.#labelNames());
    } else if (pathname === '/loki/api/v1/series') this.#series(searchParams, response);
    else if (pathname === '/loki/api/v1/query_range') this.#query(searchParams, response, 'start');
    else if (pathname === '/loki/api/v1/query') this.#query(searchParams, response, 'time');
    else return false;
    return true;
  }

  #query(params: URLSearchParams, response: ServerResponse, kind: 'start' | 'time'): void {
    const text = params.get('query') ?? '';
    if (isConnectionTest(text)) {
      sendData(response, {
        resultType: 'vector',
        result: [{ metric: {}, value: [this.#clock.now() / 1000, '2'] }],
      });
      return;
    }
    const query = parseLogQuery(text);
    const range = this.#range(params, kind);
    if (typeof query === 'string') sendAnswer(response, { status: 400, text: query });
    else if (typeof range === 'string') sendAnswer(response, { status: 400, text: range });
    else {
      const startedMs = this.#clock.monotonicMs();
      const entries = selectEntries(this.#store, query, range);
      const result = this.#group(entries);
      sendData(response, {
        resultType: 'streams',
        result,
        stats: stats(entries, this.#clock.monotonicMs() - startedMs),
      });
    }
  }

  /** Loki's defaults: the last hour, 100 entries, newest first. `/query` looks back an hour from `time`. */
  #range(params: URLSearchParams, kind: 'start' | 'time'): Range | string {
    const nowMs = this.#clock.now();
    const endText = params.get(kind === 'time' ? 'time' : 'end');
    const startText = kind === 'time' ? null : params.get('start');
    const end = endText === null ? instantOfMs(nowMs) : parseInstant(endText);
    if (end === undefined) return `could not parse '${endText}' as a time`;
    const start =
      startText === null
        ? { sec: end.sec - DEFAULT_RANGE_MS / 1000, nanos: end.nanos }
        : parseInstant(startText);
    if (start === undefined) return `could not parse '${startText}' as a time`;
    const limit = Number(params.get('limit') ?? DEFAULT_LIMIT);
    if (!Number.isInteger(limit) || limit < 1) return 'limit must be a positive value';
    const direction = (params.get('direction') ?? 'backward').toLowerCase();
    if (direction !== 'forward' && direction !== 'backward') return `invalid direction '${direction}'`;
    return { start, end, limit, direction };
  }

  #group(entries: readonly FoundEntry[]): unknown[] {
    const values = new Map<number, [string, string][]>();
    for (const { stream, sec, nanos, line } of entries) {
      const list = values.get(stream) ?? [];
      values.set(stream, list);
      list.push([nanosText(sec, nanos), line.toString('utf8')]);
    }
    return [...values].map(([id, list]) => ({ stream: asObject(this.#store.labelsOf(id)), values: list }));
  }

  #series(params: URLSearchParams, response: ServerResponse): void {
    const wanted = [...params.getAll('match[]'), ...params.getAll('match')];
    const ids = new Set<number>();
    for (const text of wanted.length === 0 ? ['{}'] : wanted) {
      const query = parseLogQuery(text);
      if (typeof query === 'string') {
        sendAnswer(response, { status: 400, text: query });
        return;
      }
      for (const id of matchingStreams(this.#store, query)) ids.add(id);
    }
    sendData(
      response,
      [...ids].map(id => asObject(this.#store.labelsOf(id))),
    );
  }

  #labelNames(): string[] {
    return this.#distinct(([name]) => name);
  }

  #labelValues(encoded: string, response: ServerResponse): void {
    let wanted: string;
    try {
      wanted = decodeURIComponent(encoded);
    } catch {
      sendAnswer(response, { status: 400, text: `bad label name '${encoded}'` });
      return;
    }
    sendData(
      response,
      this.#distinct(([name, value]) => (name === wanted ? value : undefined)),
    );
  }

  #distinct(pick: (label: LabelPair) => string | undefined): string[] {
    const seen = new Set<string>();
    for (const { labels } of this.#store.streams.values()) {
      for (const label of labels) {
        const text = pick(label);
        if (text !== undefined) seen.add(text);
      }
    }
    return [...seen].sort();
  }
}

/** Grafana tests a data source with this query, which needs no logs. */
function isConnectionTest(query: string): boolean {
  return query.replace(/\s/g, '') === 'vector(1)+vector(1)';
}

function sendData(response: ServerResponse, data: unknown): void {
  sendJson(response, 200, { status: 'success', data });
}

function stats(entries: readonly FoundEntry[], tookMs: number): unknown {
  const bytes = entries.reduce((sum, { line }) => sum + line.length, 0);
  const summary = {
    execTime: tookMs / 1000,
    totalBytesProcessed: bytes,
    totalLinesProcessed: entries.length,
    totalEntriesReturned: entries.length,
  };
  return { summary, querier: {}, ingester: {}, cache: {} };
}
