import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../pkg/clock/clock.ts';
import { errorText, LcError } from '../../pkg/errors/errors.ts';
import type { Component, Health } from '../../pkg/types/ports.ts';
import type { Logger } from '../selflog/logger.ts';
import { Faults } from './faults.ts';
import { sendAnswer } from './http.ts';
import { Ingest } from './ingest.ts';
import { DEFAULT_OPTIONS, type ReceiverOptions } from './options.ts';
import { PushHandler } from './push-handler.ts';
import { QueryApi } from './query-api.ts';
import { Recorder } from './recorder.ts';
import { Routes } from './routes.ts';
import { SequenceCheck } from './sequence-check.ts';
import { type ReceiverStats, StatsApi } from './stats.ts';
import { Store } from './store.ts';
import { Tail } from './tail.ts';

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
  readonly #push: PushHandler;
  readonly #routes: Routes;
  #health: Health;

  constructor(options: Partial<ReceiverOptions>, { clock, log }: ReceiverDeps) {
    this.#options = { ...DEFAULT_OPTIONS, ...options };
    this.#clock = clock;
    this.#log = log;
    this.#health = { status: 'failed', reason: 'not started', sinceMs: clock.now() };
    const { maxBytes, limits, verifySequence, recordPath } = this.#options;
    const store = new Store(maxBytes);
    const ingest = new Ingest(clock, store, limits);
    const faults = new Faults(clock);
    const sequence = verifySequence ? new SequenceCheck() : undefined;
    const recorder = recordPath === undefined ? undefined : new Recorder(recordPath, clock);
    const tail = new Tail(store);
    const stats = new StatsApi(() => this.stats());
    const onPushed = (): void => {
      tail.wake();
      stats.wake();
    };
    const push = new PushHandler(clock, this.#options, { ingest, faults, sequence, recorder, onPushed });
    const queries = new QueryApi(store, clock);
    this.#store = store;
    this.#ingest = ingest;
    this.#push = push;
    this.#routes = new Routes({
      options: this.#options,
      store,
      ingest,
      faults,
      sequence,
      push,
      queries,
      stats,
      tail,
    });
    this.#server = createServer((request, response) => this.#serve(request, response));
  }

  /** Listens; rejects with `LC_SERVER_LISTEN` when the port cannot be had. */
  async start(): Promise<void> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', cause => {
        const message = `the receiver cannot listen on ${host}:${port}: ${cause.message}`;
        reject(new LcError('LC_SERVER_LISTEN', { message, advice: 'Choose another port.', cause }));
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
    const { address, family, port } = this.#server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
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
    this.#routes.route(request, response).catch((error: unknown) => {
      this.#log.error('receiver.request', 'a request failed', { error: errorText(error) });
      if (response.headersSent) response.destroy();
      else sendAnswer(response, { status: 500, text: 'internal error' });
    });
  }
}
