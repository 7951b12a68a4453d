import type { RequestOptions } from 'node:http';
import { errorText, LcError } from '../../pkg/errors/errors.ts';
import { http } from '../../pkg/node-http/node-http.ts';
import type { Config } from '../config/config.ts';

/** No answer takes longer from an agent on this machine that works. */
const TIMEOUT_MS = 10_000;

/** What a request says. */
export interface ApiRequest {
  readonly method?: 'GET' | 'POST';
  readonly body?: object;
}

/**
 * Asks the agent that runs with this config, and resolves with what it says as JSON, whatever the status. Rejects with
 * `LC_SERVER_REQUEST` when the config does not say where it is, or it does not answer.
 */
export async function askAgent<T>(
  { enabled, host, port, token }: Config['server'],
  path: string,
  { method = 'GET', body }: ApiRequest = {},
): Promise<{ readonly status: number; readonly body: T }> {
  if (!enabled || port === 0) {
    throw new LcError('LC_SERVER_REQUEST', {
      message: 'the config does not say where the server of the agent is',
      advice: 'Give it a server with a port.',
    });
  }
  const url = `http://${reachable(host)}:${port}${path}`;
  const headers = {
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token.reveal()}` }),
  };
  try {
    const { status, text } = await exchange(url, { method, headers }, body && JSON.stringify(body));
    return { status, body: JSON.parse(text) as T };
  } catch (error) {
    throw requestError(`no answer from the agent (${method} ${url}): ${errorText(error)}`, error);
  }
}

/** Not `fetch`, which takes 50 ms of CPU time and 15 MB to load: a health check asks every half a minute. */
function exchange(
  url: string,
  options: RequestOptions,
  body: string | undefined,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const request = http.request(url, { ...options, signal }, response => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text })).once('error', reject);
    });
    request.once('error', reject).end(body);
  });
}

/** As `askAgent`, with what it answers when all is well; an agent that refuses is `LC_SERVER_REQUEST`, too. */
export async function askAgentWell<T>(
  server: Config['server'],
  path: string,
  request?: ApiRequest,
): Promise<T> {
  const { status, body } = await askAgent<T | { readonly error: string }>(server, path, request);
  if (status < 300) return body as T;
  const reason =
    typeof body === 'object' && body !== null && 'error' in body ? body.error : 'no reason given';
  throw requestError(`the running agent refused ${path} (${status}): ${reason}`);
}

function requestError(message: string, cause?: unknown): LcError {
  return new LcError('LC_SERVER_REQUEST', {
    message,
    advice:
      'Look at server.host, server.port and server.token in the config: they must be those of the agent.',
    cause,
  });
}

/** An address to connect to, for one to listen on. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
