import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { errorText } from '../../../pkg/errors/errors.ts';
import type { EngineAddress } from './address.ts';
import { HttpAnswer, type OnBody } from './http-answer.ts';

/** How an answer ended. */
export type StreamEnd =
  /** The engine ended it: the container has stopped, or the log was rotated, or the engine stops. */
  | { readonly kind: 'complete' }
  /** The connection broke, or what came was no answer of an engine. */
  | { readonly kind: 'cut'; readonly reason: string }
  /** No connection to the engine at all. */
  | { readonly kind: 'unreachable'; readonly reason: string }
  /** The engine refused with this status. */
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string };

const MAX_REFUSAL_BYTES = 4096;
const READ_BYTES = 256 * 1024;

/**
 * One request for the log of a container, on a bare connection of its own: what arrives is handed on as it stands, and
 * nothing more is read while it is paused, so the engine waits.
 */
export class LogStream {
  /** Resolves when nothing more will be handed on. */
  readonly ended: Promise<StreamEnd>;
  readonly #socket: Socket;
  readonly #answer: HttpAnswer;
  readonly #end: (end: StreamEnd) => void;
  #refusal = '';
  #isConnected = false;

  constructor(address: EngineAddress, path: string, onBody: OnBody) {
    const { promise, resolve } = Promise.withResolvers<StreamEnd>();
    this.ended = promise;
    this.#end = resolve;
    this.#answer = new HttpAnswer((bytes, from, to) => {
      if (this.#answer.status === 200) onBody(bytes, from, to);
      else if (this.#refusal.length < MAX_REFUSAL_BYTES) this.#refusal += bytes.toString('utf8', from, to);
    });
    this.#socket = open(address, bytes => this.#take(bytes));
    this.#socket
      .once('path' in address || address.tls === undefined ? 'connect' : 'secureConnect', () => {
        this.#isConnected = true;
      })
      .on('error', error => this.#lost(errorText(error)))
      .on('close', () => this.#closed())
      .write(`GET ${path} HTTP/1.1\r\nHost: docker\r\nUser-Agent: log-capturer\r\nConnection: close\r\n\r\n`);
  }

  /** Whether the engine has said that the log follows. */
  get isAnswered(): boolean {
    return this.#answer.status === 200;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Gives the connection up; `ended` resolves soon. */
  close(): void {
    this.#socket.destroy();
  }

  /** Gives it up for what was sent on it. */
  fail(reason: string): void {
    this.#end({ kind: 'cut', reason });
    this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    const problem = this.#answer.push(bytes);
    if (problem !== undefined) this.fail(problem);
    else if (this.#answer.isComplete) this.#socket.destroy();
  }

  #lost(reason: string): void {
    if (!this.#answer.isComplete) this.#end({ kind: this.#isConnected ? 'cut' : 'unreachable', reason });
  }

  #closed(): void {
    const { status, isComplete } = this.#answer;
    if (status !== 0 && status !== 200) {
      this.#end({ kind: 'refused', status, reason: refusalText(this.#refusal) });
    } else if (isComplete) this.#end({ kind: 'complete' });
    else this.#lost('the connection was cut');
  }
}

let readBuffer: Buffer | undefined;

/**
 * Connects. Whatever arrives is read into one buffer, the same for all connections, and is gone after `onBytes`: with a
 * buffer for each read a quarter of the CPU time went to the garbage collector.
 */
function open(address: EngineAddress, onBytes: (bytes: Buffer) => void): Socket {
  readBuffer ??= Buffer.allocUnsafeSlow(READ_BYTES);
  const callback = (length: number, bytes: Uint8Array): boolean => {
    onBytes(Buffer.from(bytes.buffer, bytes.byteOffset, length));
    return true;
  };
  const onread = { buffer: readBuffer, callback };
  if ('path' in address) return connectPlain({ path: address.path, onread });
  const { host, port, tls } = address;
  if (tls === undefined) return connectPlain({ host, port, onread });
  return connectTls({ ...tls, host, port }).on('data', onBytes);
}

/** What an engine says, in a line that is safe to show: its `message`, or the text of whatever answered in HTML. */
export function refusalText(body: string): string {
  const message = /"message"\s*:\s*("(?:[^"\\]|\\.)*")/.exec(body)?.[1];
  const text = message === undefined ? body.replace(/<[^>]*>/g, ' ') : unquoted(message);
  return text.replace(/\s+/g, ' ').trim().slice(0, 300) || 'no reason given';
}

function unquoted(json: string): string {
  try {
    return String(JSON.parse(json));
  } catch {
    return json;
  }
}
