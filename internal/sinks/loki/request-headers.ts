import { errorText, LcError } from '../../../pkg/errors/errors.ts';
import { http } from '../../../pkg/node-http/node-http.ts';
import type { LokiSinkOptions } from './options.ts';

const CONTENT_HEADERS = {
  protobuf: { 'content-type': 'application/x-protobuf' },
  json: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
} as const;

/** The headers that every push of a sink has. Throws `LC_SINK_START` for a tenant that no header can carry. */
export function requestHeaders(
  { encoding, tenant }: LokiSinkOptions,
  version: string,
): Record<string, string> {
  validate('x-scope-orgid', tenant);
  return { 'user-agent': `log-capturer/${version}`, ...CONTENT_HEADERS[encoding] };
}

/** The header `authorization` of a sink: from its config, or from a file that may change. */
export class Authorization {
  /** A file whose content is the token. */
  readonly file: string | undefined;
  #header: string | undefined;

  /** Throws `LC_SINK_START` for credentials that no header can carry. */
  constructor(auth: LokiSinkOptions['auth']) {
    this.file = auth?.bearerFile;
    if (auth?.bearer !== undefined) this.#set(`Bearer ${auth.bearer.reveal()}`);
    if (auth?.basic !== undefined) {
      const { user, password } = auth.basic;
      this.#set(`Basic ${Buffer.from(`${user}:${password.reveal()}`).toString('base64')}`);
    }
  }

  get header(): string | undefined {
    return this.#header;
  }

  /** Takes the content of `file`; what stands around the token does not count. */
  useToken(content: Buffer): void {
    const token = content.toString('utf8').trim();
    if (token === '') throw startError('the token cannot be used', `${this.file} is empty`);
    this.#set(`Bearer ${token}`);
  }

  #set(header: string): void {
    validate('authorization', header);
    this.#header = header;
  }
}

function validate(name: string, value: string): void {
  try {
    http.validateHeaderValue(name, value);
  } catch (cause) {
    throw startError(`the header ${name} cannot be sent`, cause);
  }
}

/** Why a sink cannot start; the cause's words never hold a secret. */
export function startError(what: string, cause: unknown): LcError {
  return new LcError('LC_SINK_START', {
    message: `${what}: ${errorText(cause)}`,
    advice:
      'Check auth, tls and tenant of the sink: paths, permissions, and characters that no header can carry.',
  });
}
