import { errorText, systemCode } from '../../pkg/errors/errors.ts';
import type { Failure } from '../../pkg/types/outcome.ts';
import { shortened } from './words.ts';

/** What a send that was told to stop says. */
export const ABORTED: Failure = { kind: 'aborted', message: 'the send was given up' };

/** Codes of OpenSSL and of Node.js for certificates and handshakes; others are the system's, `E…`. */
const TLS_CODE = /CERT|CRL|SIGNATURE|^UNABLE_TO_|^ERR_(TLS|SSL|OSSL)|^EPROTO$/;

/** What a socket's error means for a send. Where several addresses were tried, Node.js leaves the text empty but gives a code. */
export function networkFailure(error: unknown): Failure {
  const code = systemCode(error);
  const words = shortened(errorText(error)) || code || (error instanceof Error ? error.name : 'unknown');
  return { kind: TLS_CODE.test(code) ? 'tls' : 'network', message: words };
}
