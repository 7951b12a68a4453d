import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Secret } from '../../pkg/spec/secret.ts';
import { failure, type Reply } from './reply.ts';

/** What of a request tells who asks. */
interface Asked {
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

const LOOPBACK_ADDRESS = /^(::ffff:)?127\.\d+\.\d+\.\d+$|^::1$/;
const LOOPBACK_HOST = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i;

/**
 * Who may change something. With a token: who has it. Without one: who asks from this host, directly and
 * by its name (a page that had its own name point here, or a proxy that stands here, speaks for others). A
 * browser never on behalf of another site. Returns the refusal, or `undefined` when the request may go on.
 */
export function refusal(request: Asked, token: Secret | undefined): Reply | undefined {
  if (isCrossSite(request)) return failure(403, 'requests from another site are refused');
  if (token !== undefined) {
    if (hasToken(request, token)) return undefined;
    return failure(401, 'this needs the header Authorization: Bearer TOKEN (server.token in the config)', {
      'www-authenticate': 'Bearer',
    });
  }
  if (isLocal(request)) return undefined;
  return failure(403, 'without server.token in the config this is refused from other hosts');
}

function isCrossSite({ headers }: Asked): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  const { origin, host = '' } = headers;
  return origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`;
}

/** In constant time: the digests have equal lengths whatever was sent. */
function hasToken(request: Asked, token: Secret): boolean {
  const [, given = ''] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  return timingSafeEqual(digest(given), digest(token.reveal()));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function isLocal({ socket, headers }: Asked): boolean {
  const isForwarded = headers.forwarded !== undefined || headers['x-forwarded-for'] !== undefined;
  return (
    !isForwarded &&
    LOOPBACK_ADDRESS.test(socket.remoteAddress ?? '') &&
    LOOPBACK_HOST.test(headers.host ?? '')
  );
}
