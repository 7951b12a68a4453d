import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Clock, delay } from '../../pkg/clock/clock.ts';
import { type Answer, STORED } from './answer.ts';
import type { Fault, Faults } from './faults.ts';
import { drainBody, readBody, sendAnswer } from './http.ts';
import type { Ingest } from './ingest.ts';
import type { ReceiverOptions } from './options.ts';
import { PushTable } from './push-table.ts';
import type { Recorder } from './recorder.ts';
import type { SequenceCheck } from './sequence-check.ts';
import { unpack } from './unpack.ts';

/** What came in, whatever became of it. */
export interface PushCounts {
  /** Requests that were dealt with. */
  pushes: number;
  /** Bytes of the bodies as they were sent. */
  bodyBytes: number;
}

/** Where pushes go. */
export interface PushTargets {
  readonly ingest: Ingest;
  readonly faults: Faults;
  readonly sequence: SequenceCheck | undefined;
  readonly recorder: Recorder | undefined;
  /** Called when a push was dealt with. */
  readonly onPushed: () => void;
}

/** Answers `POST /loki/api/v1/push`. */
export class PushHandler {
  readonly counts: PushCounts = { pushes: 0, bodyBytes: 0 };
  readonly #clock: Clock;
  readonly #options: ReceiverOptions;
  readonly #targets: PushTargets;
  readonly #table = new PushTable();
  readonly #hanging = new Set<ServerResponse>();
  readonly #closing = new AbortController();

  constructor(clock: Clock, options: ReceiverOptions, targets: PushTargets) {
    this.#clock = clock;
    this.#options = options;
    this.#targets = targets;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await this.#answer(request, response);
    this.counts.pushes++;
    this.#targets.onPushed();
  }

  /** Ends what a fault holds up. */
  release(): void {
    for (const response of this.#hanging) response.destroy();
    this.#hanging.clear();
  }

  /** Ends all waiting, for good. */
  close(): void {
    this.#closing.abort();
    this.release();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#options.mode === 'body') {
      this.counts.bodyBytes += await drainBody(request);
      sendAnswer(response, STORED);
      return;
    }
    const body = await readBody(request, this.#options.maxBodyBytes);
    if (body === 'aborted') return;
    if (body === 'too_large') {
      const text = `request body too large, limit: ${this.#options.maxBodyBytes} bytes`;
      sendAnswer(response, { status: 413, text }, { connection: 'close' });
      return;
    }
    this.counts.bodyBytes += body.length;
    const fault = this.#targets.faults.take();
    if (fault === undefined) sendAnswer(response, this.#take(body, request));
    else await this.#applyFault(fault, body, request, response);
  }

  /** Decodes a body and stores or counts what is in it, in one go: nothing else runs in between. */
  #take(body: Buffer, request: IncomingMessage): Answer {
    const { ingest, sequence, recorder } = this.#targets;
    const format = {
      contentType: request.headers['content-type'],
      contentEncoding: request.headers['content-encoding'],
    };
    const unreadable = unpack(body, format, this.#options.maxDecodedBytes, this.#table);
    if (unreadable !== undefined) return unreadable;
    const answer = this.#options.mode === 'decode' ? ingest.discard(this.#table) : ingest.push(this.#table);
    sequence?.observe(this.#table);
    recorder?.record(this.#table, answer, request.headers['x-scope-orgid']);
    return answer;
  }

  async #applyFault(
    fault: Fault,
    body: Buffer,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    if (fault.delayMs > 0) await delay(this.#clock, fault.delayMs, this.#closing.signal);
    const isTaken = fault.action === 'pass' || fault.action.startsWith('store_');
    const answer = isTaken ? this.#take(body, request) : undefined;
    if (fault.action === 'pass') sendAnswer(response, answer!);
    else if (fault.action === 'hang') this.#hang(response);
    else if (fault.action.endsWith('cut')) request.socket.destroy();
    else sendAnswer(response, { status: fault.status, text: fault.text }, fault.headers);
  }

  #hang(response: ServerResponse): void {
    this.#hanging.add(response);
    response.on('close', () => this.#hanging.delete(response));
  }
}
