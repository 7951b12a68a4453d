import type { Clock } from '../../../pkg/clock/clock.ts';
import type { Batch } from '../../../pkg/types/batch.ts';
import { DELIVERED, type Failure, type Outcome } from '../../../pkg/types/outcome.ts';
import type { Health, Sink } from '../../../pkg/types/ports.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import type { Logger } from '../../selflog/logger.ts';
import { ABORTED } from '../network-failure.ts';
import type { KafkaSinkOptions } from './options.ts';

export interface KafkaSinkDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** What sends batches to Kafka. */
export interface KafkaClient {
  /** Throws `LC_SINK_START` when the files of `tls` cannot be used. Kafka itself may come up later than the agent. */
  start(): Promise<void>;
  send(batch: Batch, signal: AbortSignal): Promise<Outcome>;
  close(): Promise<void>;
}

/** Sends batches to Kafka, each line as a record of its own. */
export class KafkaSink implements Sink {
  readonly name: string;
  readonly #clock: Clock;
  readonly #options: KafkaSinkOptions;
  readonly #deps: KafkaSinkDeps;
  readonly #closing = new AbortController();
  #client: KafkaClient | undefined;
  #health: Health;

  constructor(options: KafkaSinkOptions, deps: KafkaSinkDeps) {
    this.name = options.name;
    this.#options = options;
    this.#deps = deps;
    this.#clock = deps.clock;
    this.#health = { status: 'ok', sinceMs: deps.clock.now() };
  }

  /** Loads what only agents with such a sink need, and reads the files of `tls`; throws `LC_SINK_START`. */
  async start(): Promise<void> {
    const { NativeClient } = await import('./native-client.ts');
    this.#client = new NativeClient(this.#options, this.#deps);
    await this.#client.start();
  }

  /** Sends under way resolve as aborted; connections are closed. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    await this.#client?.close();
  }

  health(): Health {
    return this.#health;
  }

  async send(batch: Batch, signal: AbortSignal): Promise<Outcome> {
    const outcome = await this.#send(batch, AbortSignal.any([signal, this.#closing.signal]));
    this.#remember(outcome);
    return outcome;
  }

  #send(batch: Batch, signal: AbortSignal): Outcome | Promise<Outcome> {
    if (signal.aborted) return { kind: 'retry', failure: ABORTED };
    return batch.records === 0 ? DELIVERED : this.#client!.send(batch, signal);
  }

  #remember(outcome: Outcome): void {
    const failure = failureOf(outcome);
    const status = failure === undefined ? 'ok' : 'degraded';
    const sinceMs = status === this.#health.status ? this.#health.sinceMs : this.#clock.now();
    this.#health = failure === undefined ? { status, sinceMs } : { status, sinceMs, reason: failure.message };
  }
}

/** What keeps the sink from working; a refused record says nothing against it. */
function failureOf(outcome: Outcome): Failure | undefined {
  if (outcome.kind !== 'retry' && outcome.kind !== 'rejected') return undefined;
  const failure = outcome.kind === 'retry' ? outcome.failure : outcome.rest?.failure;
  return failure?.kind === 'aborted' ? undefined : failure;
}
