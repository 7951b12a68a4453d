import { EventEmitter, once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecureServer, type ServerOptions as SecureOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { TLSSocket } from 'node:tls';

export interface PushServerOptions {
  readonly host?: string;
  readonly tls?: SecureOptions;
}

export interface ReceivedPush {
  readonly headers: IncomingHttpHeaders;
  /** As the request line has it. */
  readonly url: string;
  /** The name in the certificate of the client, if it showed one. */
  readonly peer: string | undefined;
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
  readonly #isSecure: boolean;

  private constructor({ tls }: PushServerOptions) {
    const listener = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const push = {
        headers: request.headers,
        url: request.url ?? '',
        peer: peerOf(request),
        body: await buffer(request),
      };
      this.pushes.push(push);
      this.#arrived.emit('push');
      this.respond(response, push);
    };
    this.#isSecure = tls !== undefined;
    this.#server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener);
    this.#server.on('connection', () => this.connections++);
  }

  static async listen(options: PushServerOptions = {}): Promise<PushServer> {
    const server = new PushServer(options);
    await new Promise<void>(resolve => server.#server.listen(0, options.host ?? '127.0.0.1', resolve));
    return server;
  }

  /** Resolves when there have been `count` pushes; gives all there have been. */
  async received(count: number): Promise<readonly ReceivedPush[]> {
    while (this.pushes.length < count) await once(this.#arrived, 'push');
    return this.pushes;
  }

  get url(): string {
    const { address, port, family } = this.#server.address() as AddressInfo;
    const host = family === 'IPv6' ? `[${address}]` : address;
    return `${this.#isSecure ? 'https' : 'http'}://${host}:${port}/loki/api/v1/push`;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise(resolve => this.#server.close(resolve));
  }
}

function peerOf({ socket }: IncomingMessage): string | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const name = socket.getPeerCertificate().subject?.CN;
  return Array.isArray(name) ? name[0] : name;
}
