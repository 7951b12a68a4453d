import type { Agent, ClientRequest } from 'node:http';
import { urlToHttpOptions } from 'node:url';
import type { Clock } from '../../../pkg/clock/clock.ts';
import { http, https } from '../../../pkg/node-http/node-http.ts';
import { ABORTED, exchange, type Reply } from './exchange.ts';

export interface HttpClientOptions {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Connections kept open at most. */
  readonly connections: number;
  /** Bound of a whole request, from looking the host up to the last byte of the answer. */
  readonly timeoutMs: number;
}

/** One request. */
export interface Push {
  readonly body: Buffer;
  /** Sent as `X-Scope-OrgID`; none when empty. */
  readonly tenant: string;
}

/** Posts bodies to one URL over connections that are kept alive. */
export class HttpClient {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #request: (push: Push) => ClientRequest;
  readonly #agent: Agent;

  constructor(options: HttpClientOptions, clock: Clock) {
    const { url, headers, connections, timeoutMs } = options;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    const protocol = url.protocol === 'https:' ? https() : http;
    this.#agent = new protocol.Agent({ keepAlive: true, maxSockets: connections });
    const { hostname, port, path } = urlToHttpOptions(url);
    const target = { method: 'POST', agent: this.#agent, hostname, port, path };
    this.#request = ({ body, tenant }) => {
      const own = { ...headers, ...(tenant === '' ? {} : { 'x-scope-orgid': tenant }) };
      return protocol.request({ ...target, headers: { ...own, 'content-length': body.length } });
    };
  }

  /**
   * Sends `push` and reads the answer; never rejects. A connection that the server closed while nobody used it
   * shows only at the next request: that one is sent again at once, which is safe, for Loki stores a line once.
   */
  async post(push: Push, signals: readonly AbortSignal[]): Promise<Reply> {
    const reply = await this.#once(push, signals);
    return 'failure' in reply && reply.isStale ? this.#once(push, signals) : reply;
  }

  /** Ends all connections. Requests under way are ended by their signals. */
  close(): void {
    this.#agent.destroy();
  }

  async #once(push: Push, signals: readonly AbortSignal[]): Promise<Reply> {
    if (signals.some(({ aborted }) => aborted)) return { failure: ABORTED, isStale: false };
    const bounds = { clock: this.#clock, timeoutMs: this.#timeoutMs, signals };
    return exchange(this.#request(push), push.body, bounds);
  }
}
