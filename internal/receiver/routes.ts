import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { exportLines } from './export.ts';
import { type Faults, parseFaultRequest } from './faults.ts';
import { readBody, sendAnswer, sendJson } from './http.ts';
import type { Ingest } from './ingest.ts';
import { parseLogQuery } from './log-query.ts';
import type { Limits, ReceiverOptions } from './options.ts';
import type { PushHandler } from './push-handler.ts';
import type { QueryApi } from './query-api.ts';
import type { SequenceCheck, SourceReport } from './sequence-check.ts';
import type { StatsApi } from './stats.ts';
import type { Store } from './store.ts';
import type { Tail } from './tail.ts';

const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:";

/** What `GET /sequence` says, with `verifySequence`. */
export interface SequenceReport {
  readonly sources: readonly SourceReport[];
  readonly unnumbered: number;
}

/** The parts of a receiver that requests go to. */
export interface RouteParts {
  readonly options: ReceiverOptions;
  readonly store: Store;
  readonly ingest: Ingest;
  readonly faults: Faults;
  readonly sequence: SequenceCheck | undefined;
  readonly push: PushHandler;
  readonly queries: QueryApi;
  readonly stats: StatsApi;
  readonly tail: Tail;
}

/** Which request goes where. */
export class Routes {
  readonly #parts: RouteParts;

  constructor(parts: RouteParts) {
    this.#parts = parts;
  }

  async route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { push, queries, store } = this.#parts;
    if (request.method === 'POST' && request.url === '/loki/api/v1/push') {
      await push.handle(request, response);
      return;
    }
    const url = URL.parse(request.url ?? '', 'http://receiver');
    if (url === null) sendAnswer(response, { status: 400, text: 'bad request' });
    else if (url.pathname === '/faults') await this.#faults(request, response);
    else if (request.method !== 'GET') sendAnswer(response, { status: 405, text: 'method not allowed' });
    else if (url.pathname === '/export') await exportLines(store, response);
    else if (!queries.handle(url, response)) this.#own(url, response);
  }

  #own(url: URL, response: ServerResponse): void {
    const { stats, sequence } = this.#parts;
    if (url.pathname === '/ready') sendAnswer(response, { status: 200, text: 'ready' });
    else if (url.pathname === '/stats') stats.handle(url, response);
    else if (url.pathname === '/sequence' && sequence !== undefined) {
      const { unnumbered } = sequence;
      sendJson(response, 200, { sources: sequence.report(), unnumbered } satisfies SequenceReport);
    } else if (url.pathname === '/api/tail') this.#tail(url, response);
    else if (url.pathname === '/') sendPage(response);
    else sendAnswer(response, { status: 404, text: '404 page not found' });
  }

  #tail(url: URL, response: ServerResponse): void {
    const query = parseLogQuery(url.searchParams.get('query') ?? '{}');
    if (typeof query === 'string') sendAnswer(response, { status: 400, text: query });
    else this.#parts.tail.follow(response, query);
  }

  async #faults(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { options, faults, ingest, push } = this.#parts;
    if (!options.faults) {
      sendAnswer(response, { status: 404, text: 'faults are off: start the receiver with --faults' });
      return;
    }
    if (request.method === 'DELETE') {
      faults.clear();
      ingest.setLimits(options.limits);
      push.release();
    } else if (request.method === 'POST') {
      const body = await readBody(request, options.maxBodyBytes);
      const parsed = Buffer.isBuffer(body) ? parseFaultRequest(body) : `body ${body}`;
      if (typeof parsed === 'string') {
        sendAnswer(response, { status: 400, text: parsed });
        return;
      }
      faults.add(parsed.faults);
      ingest.setLimits({ ...ingest.limits, ...named(parsed.limits) });
    }
    sendJson(response, 200, { ...faults.describe(), limits: ingest.limits });
  }
}

function sendPage(response: ServerResponse): void {
  const page = readFileSync(new URL('./page.html', import.meta.url));
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': PAGE_POLICY,
    'x-content-type-options': 'nosniff',
  });
  response.end(page);
}

/** The limits that were named. */
function named(limits: Partial<{ [K in keyof Limits]: number | undefined }>): Partial<Limits> {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}
