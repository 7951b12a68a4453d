import type { ServerResponse } from 'node:http';

/** What a route answers: everything but a scrape is JSON. */
export interface Reply {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** An answer in JSON. */
export function json(status: number, value: object, headers: Readonly<Record<string, string>> = {}): Reply {
  return {
    status,
    body: `${JSON.stringify(value)}\n`,
    headers: { 'content-type': 'application/json', ...headers },
  };
}

/** An answer that says what was wrong with the request, as `{"error": "…"}`. */
export function failure(
  status: number,
  error: string,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return json(status, { error }, headers);
}

/** Writes a reply; Node.js leaves the body out where the request was `HEAD`. */
export function send(response: ServerResponse, { status, body, headers }: Reply): void {
  response.writeHead(status, {
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  });
  response.end(body);
}
