import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { SecureContextOptions } from 'node:tls';
import { type EngineLine, entriesOf, framesOf, linesSince, timestampOf } from './engine-log.ts';
import type { Scope } from './scope.ts';

/** A container of a fake engine. */
export interface FakeContainer {
  readonly id: string;
  name: string;
  isRunning: boolean;
  readonly labels: Record<string, string>;
  readonly log: EngineLine[];
  /** Where the log is kept as json-file does; else nobody but the engine can read it. */
  readonly logPath?: string;
  readonly logOptions?: Readonly<Record<string, string>>;
  /** Instead of the log: what the engine answers when it is asked for it. */
  answer?: (response: ServerResponse) => void;
}

/** Speaks as much of the engine's API as an agent asks for, from memory: for what a real engine never does. */
export class FakeDockerEngine {
  readonly containers = new Map<string, FakeContainer>();
  /** The path of every request. */
  readonly requests: string[] = [];
  apiVersion = '1.47';
  minApiVersion = '1.24';
  /** Instead of any answer. */
  answer: ((response: ServerResponse) => void) | undefined;
  readonly #server: Server;
  readonly #events = new Set<ServerResponse>();
  readonly #followers = new Map<ServerResponse, FakeContainer>();

  constructor(tls?: SecureContextOptions) {
    const serve = (request: IncomingMessage, response: ServerResponse): void =>
      this.#serve(request, response);
    this.#server = tls === undefined ? createServer(serve) : createTlsServer(tls, serve);
  }

  /** Listens at a unix socket in a folder; resolves with the `host` of the config. */
  async listen(scope: Scope): Promise<string> {
    const path = join(await scope.folder(), 'engine.sock');
    await this.#listen(scope, path);
    return `unix://${path}`;
  }

  /** Listens at a port; resolves with it. */
  async listenAtPort(scope: Scope): Promise<number> {
    await this.#listen(scope, 0);
    return (this.#server.address() as AddressInfo).port;
  }

  add(name: string, given: Partial<FakeContainer> = {}): FakeContainer {
    const id = Buffer.from(name).toString('hex').padEnd(64, '0');
    const container = { id, name, isRunning: true, labels: {}, log: [], ...given };
    this.containers.set(id, container);
    this.tell(container, 'start');
    return container;
  }

  /** Prints lines, and sends them to whoever follows. */
  print(container: FakeContainer, ...texts: readonly string[]): void {
    for (const text of texts) {
      const n = container.log.length;
      const line = { output: 'stdout', sec: 1_700_000_000 + n, nanos: 5, text } as const;
      container.log.push(line);
      if (container.logPath !== undefined)
        appendFileSync(container.logPath, Buffer.concat(entriesOf([line])));
      for (const [response, its] of this.#followers) {
        if (its === container) for (const frame of framesOf([line])) response.write(frame);
      }
    }
  }

  /** Sends the last line once more to whoever follows, as an engine that rotates its log. */
  repeat(container: FakeContainer): void {
    for (const [response, its] of this.#followers) {
      if (its === container) for (const frame of framesOf(container.log.slice(-1))) response.write(frame);
    }
  }

  /** Prints a line and sends it to nobody, as an engine whose log hangs. */
  hide(container: FakeContainer, text: string): void {
    container.log.push({ output: 'stdout', sec: 1_700_000_000 + container.log.length, nanos: 5, text });
  }

  /** An event of a container. */
  tell({ id }: FakeContainer, action: string): void {
    this.tellText(`${JSON.stringify({ Type: 'container', Action: action, Actor: { ID: id } })}\n`);
  }

  /** What stands where an event should. */
  tellText(text: string): void {
    for (const response of this.#events) response.write(text);
  }

  /** Ends what follows, as an engine does that rotates its log, or `isCut`. */
  endLogs(isCut = false): void {
    for (const response of this.#followers.keys()) isCut ? response.destroy() : response.end();
    this.#followers.clear();
  }

  /** Cuts every connection. */
  hangUp(): void {
    this.#server.closeAllConnections();
  }

  async #listen(scope: Scope, where: string | number): Promise<void> {
    if (typeof where === 'number') this.#server.listen(where, '127.0.0.1');
    else this.#server.listen(where);
    await once(this.#server, 'listening');
    scope.after(() => {
      this.#server.close();
      this.#server.closeAllConnections();
    });
  }

  #serve({ url = '' }: IncomingMessage, response: ServerResponse): void {
    this.requests.push(url);
    if (this.answer !== undefined) this.answer(response);
    else this.#answer(new URL(url, 'http://docker'), response);
  }

  #answer({ pathname, searchParams }: URL, response: ServerResponse): void {
    const path = pathname.replace(/^\/v\d+\.\d+/, '');
    const container = this.containers.get(path.split('/')[2] ?? '');
    if (path === '/version') {
      json(response, { ApiVersion: this.apiVersion, MinAPIVersion: this.minApiVersion });
    } else if (path === '/events') {
      this.#events.add(response);
      response.writeHead(200).flushHeaders();
    } else if (path === '/containers/json') json(response, [...this.containers.values()].map(listed));
    else if (container === undefined) json(response, { message: 'No such container' }, 404);
    else if (path.endsWith('/json')) json(response, inspected(container));
    else if (container.answer !== undefined) container.answer(response);
    else this.#log(container, searchParams, response);
  }

  #log(container: FakeContainer, query: URLSearchParams, response: ServerResponse): void {
    response.writeHead(200).flushHeaders();
    const lines = linesSince(container.log, query.get('since') ?? '0', 'first');
    const tail = query.has('tail') ? lines.slice(-Number(query.get('tail'))) : lines;
    for (const frame of framesOf(tail)) response.write(frame);
    if (!container.isRunning || query.get('follow') !== '1') response.end();
    else this.#followers.set(response, container);
  }
}

function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function listed({ id, name, isRunning }: FakeContainer): object {
  return { Id: id, Names: [`/${name}`], State: isRunning ? 'running' : 'exited' };
}

function inspected({ id, name, isRunning, labels, log, logPath, logOptions }: FakeContainer): object {
  const last = log.at(-1);
  return {
    ...{ Id: id, Name: `/${name}`, LogPath: logPath ?? '' },
    Config: { Image: 'app:1', Labels: labels, Tty: false },
    State: { Running: isRunning, FinishedAt: last === undefined || isRunning ? '' : timestampOf(last) },
    HostConfig: { LogConfig: { Type: logPath === undefined ? 'local' : 'json-file', Config: logOptions } },
  };
}
