import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface ReceivedPush {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** How a push is answered; `push` has been read to its end. */
export type Respond = (response: ServerResponse, push: ReceivedPush) => void;

/** An HTTP server that keeps what it was sent, and answers as a test says: 204 unless told otherwise. */
export class PushServer {
  readonly pushes: ReceivedPush[] = [];
  connections = 0;
  respond: Respond = response => void response.writeHead(204).end();
  readonly #arrived = new EventEmitter();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer(async (request, response) => {
      const push = { headers: request.headers, body: await buffer(request) };
      this.pushes.push(push);
      this.#arrived.emit('push');
      this.respond(response, push);
    });
    this.#server.on('connection', () => this.connections++);
  }

  static async listen(): Promise<PushServer> {
    const server = new PushServer();
    await new Promise<void>(resolve => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  /** Resolves when there have been `count` pushes; gives all there have been. */
  async received(count: number): Promise<readonly ReceivedPush[]> {
    while (this.pushes.length < count) await once(this.#arrived, 'push');
    return this.pushes;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/loki/api/v1/push`;
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise(resolve => this.#server.close(resolve));
  }
}
