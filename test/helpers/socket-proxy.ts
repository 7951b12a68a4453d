import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Scope } from './scope.ts';

/** Stands between an agent and a unix socket: connections can be cut, held still and refused. */
export class SocketProxy {
  readonly path: string;
  /** Connections that were ever accepted. */
  accepted = 0;
  /** When each was accepted, on the monotonic clock, in milliseconds. */
  readonly acceptedAtMs: number[] = [];
  readonly #target: string;
  readonly #pairs = new Set<Pair>();
  readonly #server: Server;
  #isRefusing = false;
  #failing: RegExp | undefined;
  /** Requests that were cut off because they were to fail. */
  failed = 0;

  private constructor(path: string, target: string) {
    this.path = path;
    this.#target = target;
    this.#server = createServer(client => this.#accept(client));
  }

  static async start(scope: Scope, path: string, target: string): Promise<SocketProxy> {
    const proxy = new SocketProxy(path, target);
    proxy.#server.listen(path);
    await once(proxy.#server, 'listening');
    scope.after(() => proxy.close());
    return proxy;
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#pairs.size;
  }

  /** Requests seen on the connections that are open now: `GET /v1.41/events?…`. */
  requests(): string[] {
    return [...this.#pairs].map(pair => pair.request);
  }

  /** Cuts every connection whose first request matches, in the middle of whatever it carries; says how many. */
  cut(request = /^/): number {
    const hit = [...this.#pairs].filter(pair => request.test(pair.request));
    for (const pair of hit) pair.destroy();
    return hit.length;
  }

  /** Refuses new connections from now on, or takes them again. */
  refuse(isRefusing: boolean): void {
    this.#isRefusing = isRefusing;
  }

  /** Cuts every connection off whose request matches, before the answer. */
  fail(request: RegExp): void {
    this.#failing = request;
  }

  /** Carries no more than so many bytes on every open connection that matches, and then cuts it. */
  cutAfter(bytes: number, request = /^/): void {
    for (const pair of this.#pairs) if (request.test(pair.request)) pair.cutAfter(bytes);
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await rm(this.path, { force: true });
  }

  #accept(client: Socket): void {
    this.accepted++;
    this.acceptedAtMs.push(performance.now());
    if (this.#isRefusing) {
      client.destroy();
      return;
    }
    const pair = new Pair(client, connect(this.#target), {
      isToFail: request => {
        const isToFail = this.#failing?.test(request) ?? false;
        if (isToFail) this.failed++;
        return isToFail;
      },
      onClose: () => this.#pairs.delete(pair),
    });
    this.#pairs.add(pair);
  }
}

interface PairOwner {
  isToFail(request: string): boolean;
  onClose(): void;
}

/** One connection, and the one behind it. */
class Pair {
  /** The line with which its last request began. */
  request = '';
  readonly #client: Socket;
  readonly #server: Socket;
  #left = Number.POSITIVE_INFINITY;

  constructor(client: Socket, server: Socket, { isToFail, onClose }: PairOwner) {
    this.#client = client;
    this.#server = server;
    client.on('data', (bytes: Buffer) => {
      const [line] = /^[A-Z]+ \S+/.exec(bytes.toString('latin1', 0, 4096)) ?? [];
      if (line !== undefined) this.request = line;
      if (line !== undefined && isToFail(line)) return this.destroy();
      if (!server.write(bytes)) client.pause();
      return undefined;
    });
    server.on('data', (bytes: Buffer) => this.#carry(bytes));
    server.on('drain', () => client.resume());
    client.on('drain', () => server.resume());
    client.on('end', () => server.end());
    server.on('end', () => client.end());
    for (const socket of [client, server]) {
      socket.on('error', () => this.destroy());
      socket.on('close', () => {
        this.destroy();
        onClose();
      });
    }
  }

  /** One that is being cut stays so: to carry what comes later would leave out what came meanwhile. */
  cutAfter(bytes: number): void {
    if (this.#left > 0) this.#left = bytes;
  }

  destroy(): void {
    this.#client.destroy();
    this.#server.destroy();
  }

  #carry(bytes: Buffer): void {
    const part = bytes.subarray(0, this.#left);
    this.#left -= part.length;
    if (this.#left === 0) this.#client.write(part, () => this.destroy());
    else if (!this.#client.write(part)) this.#server.pause();
  }
}
