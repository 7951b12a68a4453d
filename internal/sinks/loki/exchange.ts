import type { ClientRequest, IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { Clock } from '../../../pkg/clock/clock.ts';
import { systemCode } from '../../../pkg/errors/errors.ts';
import type { Failure } from '../../../pkg/types/outcome.ts';
import { ABORTED, networkFailure } from '../network-failure.ts';
import type { Answer } from './verdict.ts';

/**
 * What came of a request: an answer, whatever its status, or the reason why there is none. `isStale`: the server
 * had closed this connection while nobody used it, so the request may not have reached it.
 */
export type Reply = { readonly answer: Answer } | { readonly failure: Failure; readonly isStale: boolean };

/** What ends an exchange early. */
export interface ExchangeBounds {
  readonly clock: Clock;
  /** From the first look-up of the host to the last byte of the answer. */
  readonly timeoutMs: number;
  readonly signals: readonly AbortSignal[];
}

/** More of an answer is not read: a thousand refused entries, each with a reason of its own, fit in. */
const MAX_ANSWER_BYTES = 256 * 1024;

/**
 * Sends `body` with `request` and reads the answer; never rejects. Once a status has come it stands, even if the
 * rest of the answer is missing, late or too long.
 */
export function exchange(request: ClientRequest, body: Buffer, bounds: ExchangeBounds): Promise<Reply> {
  const { clock, timeoutMs, signals } = bounds;
  return new Promise(resolve => {
    let phase = 'connecting';
    let response: IncomingMessage | undefined;
    const pieces: Buffer[] = [];
    let pieceBytes = 0;

    const settle = (reply: Reply): void => {
      timer.clear();
      for (const signal of signals) signal.removeEventListener('abort', onAbort);
      resolve(reply);
      // A connection in the middle of something cannot be used again.
      if (!response?.complete || !request.writableFinished) request.destroy();
    };
    const giveUp = (failure: Failure, isStale = false): void =>
      settle(response === undefined ? { failure, isStale } : { answer: answerOf(response, pieces, true) });
    const onAbort = (): void => giveUp(ABORTED);
    const timer = clock.after(timeoutMs, () =>
      giveUp({ kind: 'timeout', message: `no answer within ${timeoutMs} ms, while ${phase}` }),
    );
    for (const signal of signals) signal.addEventListener('abort', onAbort);

    request.on('error', error => {
      const isStale = request.reusedSocket && CLOSED_BY_PEER.has(systemCode(error));
      const { kind, message } = networkFailure(error);
      giveUp({ kind, message: `${message}, while ${phase}` }, isStale);
    });
    request.on('socket', socket => {
      const onConnect = (): string => (phase = 'sending');
      if (!socket.connecting) onConnect();
      else socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', onConnect);
    });
    request.on('finish', () => (phase = 'waiting for the answer'));
    request.on('response', incoming => {
      response = incoming;
      const onEnd = (isCut: boolean): void => settle({ answer: answerOf(incoming, pieces, isCut) });
      incoming.on('data', (piece: Buffer) => {
        pieces.push(piece);
        pieceBytes += piece.length;
        if (pieceBytes > MAX_ANSWER_BYTES) onEnd(true);
      });
      incoming.on('end', () => onEnd(false));
      incoming.on('error', () => onEnd(true));
    });
    request.end(body);
  });
}

const CLOSED_BY_PEER: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE']);

function answerOf(response: IncomingMessage, pieces: readonly Buffer[], isCut: boolean): Answer {
  return {
    status: response.statusCode ?? 0,
    text: Buffer.concat(pieces).toString(),
    isCut,
    contentType: response.headers['content-type'] ?? '',
    retryAfter: response.headers['retry-after'] ?? '',
  };
}
