import type { Agent, ClientRequest } from 'node:http';
import type { AgentOptions } from 'node:https';
import { urlToHttpOptions } from 'node:url';
import type { Clock } from '../../../pkg/clock/clock.ts';
import { http, https } from '../../../pkg/node-http/node-http.ts';
import type { TlsConfig } from '../../../pkg/spec/tls.ts';
import { FileSet } from '../file-set.ts';
import { ABORTED } from '../network-failure.ts';
import { exchange, type Reply } from './exchange.ts';
import { type Authorization, startError } from './request-headers.ts';

export interface HttpClientOptions {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly authorization: Authorization;
  readonly tls: TlsConfig | undefined;
  /** Connections kept open at most. */
  readonly connections: number;
  /** Bound of a whole request, from looking the host up to the last byte of the answer. */
  readonly timeoutMs: number;
}

export interface HttpClientDeps {
  readonly clock: Clock;
  /** Where proxies are named: `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`, in either case. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told when a file that changed cannot be used. */
  readonly onFileFailure: (error: unknown) => void;
}

/** One request. */
export interface Push {
  readonly body: Buffer;
  /** Sent as `X-Scope-OrgID`; none when empty. */
  readonly tenant: string;
}

const UNAUTHORIZED = 401;
/** No proxy is asked for these, whatever the environment says. */
const LOOPBACK = /^(localhost|127\.[\d.]+|\[::1\])$/;

/**
 * Posts bodies to one URL over connections that are kept alive, through the proxy that the environment names.
 * Certificates and the token are read again when their files change.
 */
export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #deps: HttpClientDeps;
  readonly #isSecure: boolean;
  readonly #certificates: FileSet;
  readonly #token: FileSet;
  #agent: Agent;

  constructor(options: HttpClientOptions, deps: HttpClientDeps) {
    const { url, authorization, tls } = options;
    const { clock, onFileFailure } = deps;
    this.#options = options;
    this.#deps = deps;
    this.#isSecure = url.protocol === 'https:';
    this.#agent = this.#makeAgent({});
    const pems = [tls?.ca, tls?.cert, tls?.key];
    const use = (contents: readonly Buffer[]): void => this.#useCertificates(pems, contents);
    this.#certificates = new FileSet(
      pems.filter(path => path !== undefined),
      clock,
      use,
      onFileFailure,
    );
    const takeToken = ([token]: readonly Buffer[]): void => authorization.useToken(token!);
    const paths = authorization.file === undefined ? [] : [authorization.file];
    this.#token = new FileSet(paths, clock, takeToken, onFileFailure);
  }

  /** Reads the files; throws `LC_SINK_START` when that cannot be done. */
  async start(): Promise<void> {
    for (const files of [this.#certificates, this.#token])
      await files.load().catch((cause: unknown) => {
        throw startError('a file of auth or tls cannot be used', cause);
      });
  }

  /**
   * Sends `push` and reads the answer; never rejects. A connection that the server closed while nobody used it
   * shows only at the next request: that one is sent again at once, which is safe, for Loki stores a line once. So is
   * one that was refused with a token that has been replaced.
   */
  async post(push: Push, signals: readonly AbortSignal[]): Promise<Reply> {
    await this.#certificates.look();
    await this.#token.look();
    const reply = await this.#once(push, signals);
    const isStale =
      'failure' in reply
        ? reply.isStale
        : reply.answer.status === UNAUTHORIZED && (await this.#token.look(true));
    return isStale ? this.#once(push, signals) : reply;
  }

  /** Ends all connections. Requests under way are ended by their signals. */
  close(): void {
    this.#agent.destroy();
  }

  async #once(push: Push, signals: readonly AbortSignal[]): Promise<Reply> {
    if (signals.some(({ aborted }) => aborted)) return { failure: ABORTED, isStale: false };
    const { timeoutMs } = this.#options;
    return exchange(this.#request(push), push.body, { clock: this.#deps.clock, timeoutMs, signals });
  }

  #request({ body, tenant }: Push): ClientRequest {
    const { url, headers, authorization } = this.#options;
    const { hostname, port, path } = urlToHttpOptions(url);
    return (this.#isSecure ? https() : http).request({
      ...{ method: 'POST', agent: this.#agent, hostname, port, path },
      headers: {
        ...headers,
        ...(authorization.header === undefined ? {} : { authorization: authorization.header }),
        ...(tenant === '' ? {} : { 'x-scope-orgid': tenant }),
        'content-length': body.length,
      },
    });
  }

  /** Connections from now on show the new certificates; those that are idle with the old ones end. */
  #useCertificates(pems: readonly (string | undefined)[], contents: readonly Buffer[]): void {
    const left = [...contents];
    const [ca, cert, key] = pems.map(path => (path === undefined ? undefined : left.shift()));
    const { createSecureContext } = process.getBuiltinModule('node:tls');
    const old = this.#agent;
    this.#agent = this.#makeAgent({ secureContext: createSecureContext({ ca, cert, key }) });
    for (const sockets of Object.values(old.freeSockets))
      for (const socket of sockets ?? []) socket.destroy();
  }

  #makeAgent(secrets: Pick<AgentOptions, 'secureContext'>): Agent {
    const { url, connections, tls } = this.#options;
    const proxyEnv = LOOPBACK.test(url.hostname) ? {} : this.#deps.env;
    const common = { keepAlive: true, maxSockets: connections, proxyEnv };
    if (!this.#isSecure) return new http.Agent(common);
    return new (https().Agent)({
      ...common,
      ...secrets,
      rejectUnauthorized: tls?.insecureSkipVerify !== true,
      ...(tls?.serverName === undefined ? {} : { servername: tls.serverName }),
    });
  }
}
