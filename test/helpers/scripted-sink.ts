import type { Batch } from '../../pkg/types/batch.ts';
import { DELIVERED, type Outcome } from '../../pkg/types/outcome.ts';
import type { Health, Sink } from '../../pkg/types/ports.ts';
import { linesOf } from './chunks.ts';

/** What a sink was given in one call of `send`, copied at the moment of the call. */
export interface Sent {
  readonly lines: string[];
  readonly times: string[];
  readonly batch: Batch;
}

/**
 * A sink for pipeline tests whose answers the test decides: a function of the batch, or one promise a call when
 * `manual` is on (`answer` settles the oldest open call).
 */
export class ScriptedSink implements Sink {
  readonly name: string;
  readonly sent: Sent[] = [];
  /** Lines of the batches that were delivered, in order. */
  readonly delivered: string[] = [];
  respond: (batch: Batch) => Outcome = () => DELIVERED;
  manual = false;
  inFlight = 0;
  maxInFlight = 0;
  readonly #open: { batch: Batch; resolve: (outcome: Outcome) => void }[] = [];

  constructor(name = 'test') {
    this.name = name;
  }

  async start(): Promise<void> {
    await Promise.resolve();
  }

  async close(): Promise<void> {
    for (const { resolve } of this.#open.splice(0)) resolve(failure('aborted', 'closed'));
  }

  health(): Health {
    return { status: 'ok', sinceMs: 0 };
  }

  async send(batch: Batch, signal: AbortSignal): Promise<Outcome> {
    this.inFlight++;
    this.maxInFlight = Math.max(this.maxInFlight, this.inFlight);
    const lines = batch.parts.flatMap(linesOf);
    this.sent.push({ lines, times: batch.parts.flatMap(timesOf), batch });
    const outcome = this.manual ? await this.#wait(batch, signal) : this.respond(batch);
    this.inFlight--;
    if (outcome.kind === 'delivered') this.delivered.push(...lines);
    return outcome;
  }

  /** Answers the oldest open call. */
  answer(outcome: Outcome = DELIVERED): void {
    const call = this.#open.shift();
    if (call === undefined) throw new Error('no call of send is open');
    call.resolve(outcome);
  }

  #wait(batch: Batch, signal: AbortSignal): Promise<Outcome> {
    return new Promise(resolve => {
      this.#open.push({ batch, resolve });
      signal.addEventListener('abort', () => resolve(failure('aborted', 'aborted')), { once: true });
    });
  }
}

function timesOf(part: Batch['parts'][number]): string[] {
  return Array.from({ length: part.to - part.from }, (_, index) => {
    const nanos = part.base.nanos + part.from + index;
    return `${part.base.sec}.${String(nanos).padStart(9, '0')}`;
  });
}

/** The whole batch was not taken. */
export function failure(
  kind: 'unavailable' | 'aborted' | 'network',
  message: string = kind,
  afterMs?: number,
): Outcome {
  return { kind: 'retry', failure: { kind, message }, ...(afterMs === undefined ? {} : { afterMs }) };
}
