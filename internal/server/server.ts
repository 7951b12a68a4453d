import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../../pkg/clock/clock.ts';
import { systemCode } from '../../pkg/errors/errors.ts';
import { http } from '../../pkg/node-http/node-http.ts';
import type { Secret } from '../../pkg/spec/secret.ts';
import type { Component, Health } from '../../pkg/types/ports.ts';
import type { Logger } from '../selflog/logger.ts';
import { readBody } from './body.ts';
import { refusal } from './guard.ts';
import { type BoundAddress, listen } from './listen.ts';
import { failure, type Reply, send } from './reply.ts';
import { type Agent, type Route, routesOf, type Scrape } from './routes.ts';
import type { ServerConfig } from './spec.ts';

const LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 5_000,
  maxHeaderSize: 16_384,
};
const MAX_CONNECTIONS = 128;
/** A peer that neither sends nor reads for so long is cut off. */
const IDLE_SOCKET_MS = 30_000;
/** What is under way when the server closes may end within this time. */
const CLOSE_GRACE_MS = 1_000;

/** What the server is wired to. */
export interface ServerParts {
  readonly agent: Agent;
  readonly metrics: Scrape;
  readonly log: Logger;
  readonly clock: Clock;
}

/**
 * Metrics, health and the API over HTTP. It arms no timer of its own while nobody asks; Node.js looks for late
 * requests every 30 s, which does not show in the CPU time of an idle agent.
 */
export class ApiServer implements Component {
  readonly name = 'server';
  readonly #config: ServerConfig;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #routes: readonly Route[];
  readonly #server: Server;
  readonly #sinceMs: number;
  #address: BoundAddress | undefined;
  #token: Secret | undefined;
  #closed: Promise<void> | undefined;

  constructor(config: ServerConfig, { agent, metrics, log, clock }: ServerParts) {
    this.#config = config;
    this.#token = config.token;
    this.#log = log;
    this.#clock = clock;
    this.#routes = routesOf(agent, metrics);
    this.#sinceMs = clock.now();
    this.#server = http.createServer(LIMITS, (request, response) => void this.#serve(request, response));
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.setTimeout(IDLE_SOCKET_MS);
    this.#server.on('clientError', refuseBytes);
  }

  /** Where it listens; `undefined` before `start` and after `close`. */
  get address(): BoundAddress | undefined {
    return this.#address;
  }

  /** What guards requests that change something from now on. */
  setToken(token: Secret | undefined): void {
    this.#token = token;
  }

  /** Listens; throws `LC_SERVER_LISTEN`. */
  async start(): Promise<void> {
    this.#address = await listen(this.#server, this.#config.host, this.#config.port);
    this.#server.on('error', error =>
      this.#log.error('server.accept', 'Cannot accept connections.', { error }),
    );
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  health(): Health {
    return { status: 'ok', sinceMs: this.#sinceMs };
  }

  async #close(): Promise<void> {
    this.#address = undefined;
    const grace = this.#clock.after(CLOSE_GRACE_MS, () => this.#server.closeAllConnections(), true);
    await new Promise(resolve => this.#server.close(resolve));
    grace.clear();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      send(response, await this.#answer(request));
    } catch (error) {
      if (request.errored !== null) return void response.destroy();
      this.#log.error('server.request', 'A request failed.', { path: request.url, error });
      send(response, failure(500, 'this is a bug: the log of the agent has the details'));
    }
  }

  async #answer(request: IncomingMessage): Promise<Reply> {
    const [path, query = ''] = request.url?.split('?', 2) ?? [];
    const parameters = new URLSearchParams(query);
    const there = this.#routes.filter(route => route.path === path);
    if (there.length === 0) return failure(404, 'unknown path');
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const route = there.find(candidate => candidate.method === method);
    if (route === undefined) return failure(405, 'wrong method', { allow: allowed(there) });
    if (route.method === 'GET') return route.handle('', parameters);
    const refused = refusal(request, this.#token);
    if (refused !== undefined) return refused;
    const body = await readBody(request);
    if (body === undefined) return failure(413, 'the body is larger than 64 KiB');
    return route.handle(body, parameters);
  }
}

function allowed(routes: readonly Route[]): string {
  return routes.map(({ method }) => (method === 'GET' ? 'GET, HEAD' : method)).join(', ');
}

/** Answers bytes that are not HTTP, are too long, or came too late. There is no request to reply to yet. */
function refuseBytes(error: Error, socket: Socket): void {
  if (!socket.writable) return void socket.destroy();
  const status = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }[systemCode(error)] ?? 400;
  const reason = http.STATUS_CODES[status];
  const { body } = failure(status, `${reason}`.toLowerCase());
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\ncontent-type: application/json\r\n` +
      `content-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  );
}
