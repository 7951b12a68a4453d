import type { Clock } from '../../../pkg/clock/clock.ts';
import type { Batch } from '../../../pkg/types/batch.ts';
import { DELIVERED, type Outcome } from '../../../pkg/types/outcome.ts';
import type { Health, Sink } from '../../../pkg/types/ports.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import type { Logger } from '../../selflog/logger.ts';
import { ABORTED } from '../network-failure.ts';
import { SinkHealth } from '../sink-health.ts';
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
  /** Sends under way end as aborted. May be called more than once. */
  close(): Promise<void>;
}

/** Sends batches to Kafka, each line as a record of its own. */
export class KafkaSink implements Sink {
  readonly name: string;
  readonly #options: KafkaSinkOptions;
  readonly #deps: KafkaSinkDeps;
  #isClosed = false;
  #client: KafkaClient | undefined;
  readonly #health: SinkHealth;

  constructor(options: KafkaSinkOptions, deps: KafkaSinkDeps) {
    this.name = options.name;
    this.#options = options;
    this.#deps = deps;
    this.#health = new SinkHealth(deps.clock);
  }

  /** Loads what only agents with such a sink need, and reads the files of `tls`; throws `LC_SINK_START`. */
  async start(): Promise<void> {
    this.#client = await this.#makeClient();
    await this.#client.start();
  }

  /** Sends under way resolve as aborted; connections are closed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#client?.close();
  }

  health(): Health {
    return this.#health.current;
  }

  async send(batch: Batch, signal: AbortSignal): Promise<Outcome> {
    return this.#health.noted(await this.#send(batch, signal));
  }

  async #makeClient(): Promise<KafkaClient> {
    if (this.#options.client === 'kafkajs') {
      const { ReferenceClient } = await import('./reference-client.ts');
      return new ReferenceClient(this.#options, this.#deps);
    }
    const { NativeClient } = await import('./native-client.ts');
    return new NativeClient(this.#options, this.#deps);
  }

  #send(batch: Batch, signal: AbortSignal): Outcome | Promise<Outcome> {
    if (signal.aborted || this.#isClosed) return { kind: 'retry', failure: ABORTED };
    return batch.records === 0 ? DELIVERED : this.#client!.send(batch, signal);
  }
}
