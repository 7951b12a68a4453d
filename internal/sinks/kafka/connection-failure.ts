import { errorText, systemCode } from '../../../pkg/errors/errors.ts';
import type { Failure } from '../../../pkg/types/outcome.ts';
import { networkFailure } from '../network-failure.ts';
import { shortened } from '../words.ts';

/** Types of kafkajs's errors that say that logging in failed. */
const SASL_TYPES: ReadonlySet<unknown> = new Set([
  'SASL_AUTHENTICATION_FAILED',
  'UNSUPPORTED_SASL_MECHANISM',
  'ILLEGAL_SASL_STATE',
]);
/** Codes of a peer that hangs up. */
const HUNG_UP: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE']);

/** Why a request to a broker, or a connection to it, failed: in words that say what to do. */
export function connectionFailure(error: unknown, address: string, phase: string): Failure {
  const { name, type } = error as { readonly name?: unknown; readonly type?: unknown };
  const text = shortened(errorText(error));
  if (name === 'KafkaJSSASLAuthenticationError' || SASL_TYPES.has(type))
    return { kind: 'unauthorized', message: `${address}: ${text}: check sasl of the sink` };
  const { kind, message } = networkFailure(error);
  const isHangUp = HUNG_UP.has(systemCode(error)) || name === 'KafkaJSConnectionClosedError';
  const words = isHangUp ? 'the broker closed the connection' : message;
  return { kind, message: `${address}: ${words}, while ${phase}` };
}

/** A handshake that fails is most often one with a listener that does not speak TLS. */
export function withTlsHint({ kind, message }: Failure): Failure {
  const isRefused = message.includes('ECONNREFUSED') || kind === 'timeout';
  return isRefused ? { kind, message } : { kind: 'tls', message: `${message}: is it a TLS listener?` };
}

/** Brokers say nothing to a client that speaks wrongly: they hang up. */
export function withListenerHint({ kind, message }: Failure): Failure {
  const isHangUp = message.includes('closed the connection');
  return { kind, message: isHangUp ? `${message}: does the listener expect TLS or SASL?` : message };
}
