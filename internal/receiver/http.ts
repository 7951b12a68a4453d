import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from './answer.ts';

/** A body that cannot be had: too long, or the client went away. */
export type BodyFault = 'too_large' | 'aborted';

/** The whole body of a request, at most `maxBytes` of it. */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | BodyFault> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > maxBytes) {
    request.resume();
    return Promise.resolve('too_large');
  }
  return new Promise(resolve => {
    const parts: Buffer[] = [];
    let bytes = 0;
    request.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes > maxBytes) resolve('too_large');
      else parts.push(part);
    });
    request.on('end', () => resolve(parts.length === 1 ? parts[0]! : Buffer.concat(parts, bytes)));
    request.on('close', () => resolve('aborted'));
  });
}

/** Reads a body to its end without keeping it; resolves with its bytes, or fewer when the client went away. */
export function drainBody(request: IncomingMessage): Promise<number> {
  return new Promise(resolve => {
    let bytes = 0;
    request.on('data', (part: Buffer) => {
      bytes += part.length;
    });
    request.on('close', () => resolve(bytes));
    request.on('end', () => resolve(bytes));
  });
}

/** Answers a push as Loki does: a text with a newline, or nothing with a 204. */
export function sendAnswer(
  response: ServerResponse,
  { status, text }: Answer,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (status === 204) response.writeHead(status, headers).end();
  else {
    response.writeHead(status, {
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
      ...headers,
    });
    response.end(`${text}\n`);
  }
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value);
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' });
  response.end(body);
}
