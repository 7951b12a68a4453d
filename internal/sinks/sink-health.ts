import type { Clock } from '../../pkg/clock/clock.ts';
import type { Failure, Outcome } from '../../pkg/types/outcome.ts';
import type { Health } from '../../pkg/types/ports.ts';

/** What the outcomes of a sink say of its health: the last one counts. */
export class SinkHealth {
  readonly #clock: Clock;
  #health: Health;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#health = { status: 'ok', sinceMs: clock.now() };
  }

  get current(): Health {
    return this.#health;
  }

  /** Takes note of an outcome and gives it back. */
  noted(outcome: Outcome): Outcome {
    const failure = failureOf(outcome);
    const status = failure === undefined ? 'ok' : 'degraded';
    const sinceMs = status === this.#health.status ? this.#health.sinceMs : this.#clock.now();
    this.#health = failure === undefined ? { status, sinceMs } : { status, sinceMs, reason: failure.message };
    return outcome;
  }
}

/** What keeps the sink from working; a refused record says nothing against it, nor does a send that was given up. */
function failureOf(outcome: Outcome): Failure | undefined {
  if (outcome.kind !== 'retry' && outcome.kind !== 'rejected') return undefined;
  const failure = outcome.kind === 'retry' ? outcome.failure : outcome.rest?.failure;
  return failure?.kind === 'aborted' ? undefined : failure;
}
