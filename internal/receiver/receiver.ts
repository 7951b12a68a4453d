import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../pkg/clock/clock.ts';
import { errorText, LcError } from '../../pkg/errors/errors.ts';
import type { Component, Health } from '../../pkg/types/ports.ts';
import type { Logger } from '../selflog/logger.ts';
import { exportLines } from './export.ts';
import { Faults, parseFaultRequest } from './faults.ts';
import { readBody, sendAnswer, sendJson } from './http.ts';
import { Ingest } from './ingest.ts';
import { parseLogQuery } from './log-query.ts';
import { DEFAULT_OPTIONS, type Limits, type ReceiverOptions } from './options.ts';
import { PushHandler } from './push-handler.ts';
import { QueryApi } from './query-api.ts';
import { Recorder } from './recorder.ts';
import { SequenceCheck, type SourceReport } from './sequence-check.ts';
import { Store } from './store.ts';
import { Tail } from './tail.ts';

const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'";

/** What `GET /stats` says, and `Receiver.stats()`. */
export interface ReceiverStats {
  /** Push requests that came whole, whatever the answer. */
  readonly pushes: number;
  /** Bytes of their bodies as they were sent. */
  readonly bodyBytes: number;
  /** Entries stored (with `--discard`: counted), and the bytes of their lines. */
  readonly lines: number;
  readonly bytes: number;
  /** Entries equal to one that is kept. */
  readonly duplicates: number;
  /** Entries that were decoded and not taken. */
  readonly refused: number;
  /** Streams that have entries. */
  readonly streams: number;
  /** Entries that are kept, the memory they take, and those that were dropped to make room. */
  readonly held: number;
  readonly heldBytes: number;
  readonly evicted: number;
}

/** What `GET /sequence` says, with `verifySequence`. */
export interface SequenceReport {
  readonly sources: readonly SourceReport[];
  readonly unnumbered: number;
}

/** What a receiver needs from outside. */
export interface ReceiverDeps {
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * A small Loki: takes pushes, answers as Loki does, keeps a bounded number of lines in memory and shows them.
 * For the quick start, tests and benchmarks; nothing is kept on disk.
 */
export class Receiver implements Component {
  readonly name = 'receiver';
  readonly #options: ReceiverOptions;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #server: Server;
  readonly #store: Store;
  readonly #ingest: Ingest;
  readonly #faults: Faults;
  readonly #sequence: SequenceCheck | undefined;
  readonly #push: PushHandler;
  readonly #queries: QueryApi;
  readonly #tail: Tail;
  #health: Health = { status: 'failed', reason: 'not started', sinceMs: 0 };

  constructor(options: Partial<ReceiverOptions>, { clock, log }: ReceiverDeps) {
    this.#options = { ...DEFAULT_OPTIONS, ...options };
    this.#clock = clock;
    this.#log = log;
    this.#store = new Store(this.#options.maxBytes);
    this.#ingest = new Ingest(clock, this.#store, this.#options.limits);
    this.#faults = new Faults(clock);
    this.#sequence = this.#options.verifySequence ? new SequenceCheck() : undefined;
    this.#tail = new Tail(this.#store);
    this.#queries = new QueryApi(this.#store, clock);
    const { recordPath } = this.#options;
    this.#push = new PushHandler(clock, this.#options, {
      ingest: this.#ingest,
      faults: this.#faults,
      sequence: this.#sequence,
      recorder: recordPath === undefined ? undefined : new Recorder(recordPath, clock),
      onStored: () => this.#tail.wake(),
    });
    this.#server = createServer((request, response) => this.#serve(request, response));
  }

  /** Listens; rejects with `LC_SERVER_LISTEN` when the port cannot be had. */
  async start(): Promise<void> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', cause => {
        const message = `the receiver cannot listen on ${host}:${port}: ${cause.message}`;
        reject(new LcError('LC_SERVER_LISTEN', { message, advice: 'Choose another --port.', cause }));
      });
      this.#server.listen(port, host, resolve);
    });
    this.#health = { status: 'ok', sinceMs: this.#clock.now() };
  }

  async close(): Promise<void> {
    this.#push.close();
    if (!this.#server.listening) return;
    this.#health = { status: 'failed', reason: 'closed', sinceMs: this.#clock.now() };
    await new Promise<void>(resolve => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  health(): Health {
    return this.#health;
  }

  /** Where it listens, once started: `http://127.0.0.1:3100`. */
  get url(): string {
    const address = this.#server.address() as AddressInfo;
    const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
    return `http://${host}:${address.port}`;
  }

  stats(): ReceiverStats {
    return {
      ...this.#push.counts,
      ...this.#ingest.counts,
      streams: this.#store.streams.size,
      held: this.#store.count,
      heldBytes: this.#store.heldBytes,
      evicted: this.#store.evicted,
    };
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    this.#route(request, response).catch((error: unknown) => {
      this.#log.error('receiver.request', 'a request failed', { error: errorText(error) });
      if (!response.headersSent) sendAnswer(response, { status: 500, text: 'internal error' });
      else response.destroy();
    });
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'POST' && request.url === '/loki/api/v1/push') {
      await this.#push.handle(request, response);
      return;
    }
    const url = URL.parse(request.url ?? '', 'http://receiver');
    if (url === null) sendAnswer(response, { status: 400, text: 'bad request' });
    else if (url.pathname === '/faults') await this.#serveFaults(request, response);
    else if (request.method !== 'GET') sendAnswer(response, { status: 405, text: 'method not allowed' });
    else if (url.pathname === '/export') await exportLines(this.#store, response);
    else if (!this.#queries.handle(url, response)) this.#serveOwn(url, response);
  }

  #serveOwn(url: URL, response: ServerResponse): void {
    if (url.pathname === '/ready') sendAnswer(response, { status: 200, text: 'ready' });
    else if (url.pathname === '/stats') sendJson(response, 200, this.stats());
    else if (url.pathname === '/sequence' && this.#sequence !== undefined) {
      const { unnumbered } = this.#sequence;
      sendJson(response, 200, { sources: this.#sequence.report(), unnumbered } satisfies SequenceReport);
    } else if (url.pathname === '/api/tail') this.#serveTail(url, response);
    else if (url.pathname === '/') servePage(response);
    else sendAnswer(response, { status: 404, text: '404 page not found' });
  }

  #serveTail(url: URL, response: ServerResponse): void {
    const query = parseLogQuery(url.searchParams.get('query') ?? '{}');
    if (typeof query === 'string') sendAnswer(response, { status: 400, text: query });
    else this.#tail.follow(response, query);
  }

  async #serveFaults(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!this.#options.faults) {
      sendAnswer(response, { status: 404, text: 'faults are off: start the receiver with --faults' });
      return;
    }
    if (request.method === 'DELETE') {
      this.#faults.clear();
      this.#ingest.setLimits(this.#options.limits);
      this.#push.release();
    } else if (request.method === 'POST') {
      const body = await readBody(request, this.#options.maxBodyBytes);
      const parsed = Buffer.isBuffer(body) ? parseFaultRequest(body) : `body ${body}`;
      if (typeof parsed === 'string') {
        sendAnswer(response, { status: 400, text: parsed });
        return;
      }
      this.#faults.add(parsed.faults);
      this.#ingest.setLimits({ ...this.#ingest.limits, ...withoutUndefined(parsed.limits) });
    }
    sendJson(response, 200, { ...this.#faults.describe(), limits: this.#ingest.limits });
  }
}

function servePage(response: ServerResponse): void {
  const page = readFileSync(new URL('./page.html', import.meta.url));
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': PAGE_POLICY,
    'x-content-type-options': 'nosniff',
  });
  response.end(page);
}

function withoutUndefined(limits: Partial<{ [K in keyof Limits]: number | undefined }>): Partial<Limits> {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}
