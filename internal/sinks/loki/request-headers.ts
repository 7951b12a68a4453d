import { errorText, LcError } from '../../../pkg/errors/errors.ts';
import { http } from '../../../pkg/node-http/node-http.ts';
import type { LokiSinkOptions } from './options.ts';

const CONTENT_HEADERS = {
  protobuf: { 'content-type': 'application/x-protobuf' },
  json: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
} as const;

/** The headers that every push of a sink has. Throws `LC_SINK_START` for a value that no header can carry. */
export function requestHeaders(options: LokiSinkOptions, version: string): Record<string, string> {
  const headers: Record<string, string> = {
    'user-agent': `log-capturer/${version}`,
    ...CONTENT_HEADERS[options.encoding],
  };
  const authorization = authorizationOf(options);
  if (authorization !== undefined) headers.authorization = authorization;
  for (const [name, value] of Object.entries(headers)) validate(name, value);
  validate('x-scope-orgid', options.tenant);
  return headers;
}

function authorizationOf({ auth }: LokiSinkOptions): string | undefined {
  if (auth?.bearer !== undefined) return `Bearer ${auth.bearer.reveal()}`;
  if (auth?.basic === undefined) return undefined;
  const { user, password } = auth.basic;
  return `Basic ${Buffer.from(`${user}:${password.reveal()}`).toString('base64')}`;
}

function validate(name: string, value: string): void {
  try {
    http.validateHeaderValue(name, value);
  } catch (cause) {
    throw new LcError('LC_SINK_START', {
      message: `the header ${name} cannot be sent: ${errorText(cause)}`,
      advice: 'Remove line breaks and characters outside Latin-1 from the tenant or the credentials.',
    });
  }
}
