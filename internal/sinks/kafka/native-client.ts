import type { Clock } from '../../../pkg/clock/clock.ts';
import { errorText } from '../../../pkg/errors/errors.ts';
import type { Batch } from '../../../pkg/types/batch.ts';
import type { Outcome } from '../../../pkg/types/outcome.ts';
import type { Logger } from '../../selflog/logger.ts';
import { Findings } from '../findings.ts';
import { LabelTemplate } from '../label-template.ts';
import { ABORTED } from '../network-failure.ts';
import type { Address, Asked } from './answers.ts';
import { Cluster } from './cluster.ts';
import { loadCodec } from './codecs.ts';
import { Delivery } from './delivery.ts';
import { RecordBatchEncoder } from './encode.ts';
import { KafkaStreams } from './kafka-stream.ts';
import type { KafkaSinkOptions } from './options.ts';
import { Packer } from './packer.ts';
import { Partition } from './partition.ts';
import type { Producer } from './producer-line.ts';
import { Router } from './router.ts';
import { Transport } from './transport.ts';
import { verdictOf } from './verdict.ts';

export interface NativeClientDeps {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Writes records straight from the lines, and speaks to the leaders of their partitions itself. */
export class NativeClient {
  readonly #options: KafkaSinkOptions;
  readonly #deps: NativeClientDeps;
  readonly #isFixedTopic: boolean;
  readonly #transport: Transport;
  readonly #cluster: Cluster;
  readonly #router: Router;
  readonly #partitions = new Map<string, Partition[]>();
  #packer: Packer | undefined;
  #isClosed = false;
  #producer: Promise<Asked<Producer>> | undefined;

  constructor(options: KafkaSinkOptions, deps: NativeClientDeps) {
    const { name, createTopics, acks, timeoutMs, maxMessageBytes } = options;
    const { clock, logger } = deps;
    this.#options = options;
    this.#deps = deps;
    this.#isFixedTopic = new LabelTemplate(options.topic).isFixed;
    this.#transport = new Transport(options, {
      ...{ clock, logger, onFileFailure: error => this.#warnOfFile(error) },
    });
    this.#cluster = new Cluster(
      { name, createTopics, bootstrap: options.brokers.map(addressOf) },
      {
        ...{ clock, logger, acks, timeoutMs, connect: address => this.#transport.connect(address) },
        onOtherCluster: () => this.#onOtherCluster(),
      },
    );
    this.#router = new Router({
      ...{ clock, streams: new KafkaStreams(options), maxMessageBytes, isFixedTopic: this.#isFixedTopic },
      ...{ topics: this.#cluster, partition: (topic, id) => this.#partition(topic, id) },
    });
  }

  async start(): Promise<void> {
    const { format, dedupeHeaders, compression, tls, name } = this.#options;
    if (tls?.insecureSkipVerify === true)
      this.#deps.logger.warn(
        'kafka.insecure',
        'tls.insecure_skip_verify is set: anybody can pretend to be Kafka',
        { sink: name },
      );
    await this.#transport.start();
    const codec = await loadCodec(compression);
    this.#packer = new Packer(new RecordBatchEncoder({ format, dedupeHeaders, codec }));
  }

  close(): Promise<void> {
    this.#isClosed = true;
    for (const partition of this.#all()) partition.close();
    this.#cluster.close();
    return Promise.resolve();
  }

  async send(batch: Batch, signal: AbortSignal): Promise<Outcome> {
    const { clock } = this.#deps;
    const findings = new Findings(batch.records);
    const aborted = Promise.withResolvers<undefined>();
    const onAbort = (): void => aborted.resolve(undefined);
    signal.addEventListener('abort', onAbort, { once: true });
    const consignments = await Promise.race([this.#router.route(batch, findings), aborted.promise]);
    signal.removeEventListener('abort', onAbort);
    if (consignments === undefined || this.#isClosed) return { kind: 'retry', failure: ABORTED };
    const parts = { clock, packer: this.#packer!, findings, signal, isFixedTopic: this.#isFixedTopic };
    await Promise.all(
      consignments.map(consignment => new Delivery(batch.sequence, consignment, parts).run()),
    );
    return findings.outcome();
  }

  *#all(): Generator<Partition> {
    for (const partitions of this.#partitions.values())
      for (const partition of partitions) if (partition !== undefined) yield partition;
  }

  #partition(topic: string, id: number): Partition {
    let partitions = this.#partitions.get(topic);
    if (partitions === undefined) {
      partitions = [];
      this.#partitions.set(topic, partitions);
    }
    partitions[id] ??= new Partition(topic, id, {
      clock: this.#deps.clock,
      isIdempotent: this.#options.idempotent,
      deliveryTimeoutMs: this.#options.deliveryTimeoutMs,
      leaderOf: (name, partition) => this.#cluster.leaderOf(name, partition),
      refresh: name => this.#cluster.refresh(name),
      problemOf: name => this.#cluster.topic(name)?.failure,
      producer: isFresh => this.#producerId(isFresh),
    });
    return partitions[id];
  }

  /** The producer id that all partitions begin with; those that need a fresh one share it too. */
  #producerId(isFresh: boolean): Promise<Asked<Producer>> {
    if (isFresh) this.#producer = undefined;
    this.#producer ??= this.#askProducerId().then(asked => {
      if ('failure' in asked) this.#producer = undefined;
      return asked;
    });
    return this.#producer;
  }

  async #askProducerId(): Promise<Asked<Producer>> {
    const asked = await this.#cluster.ask(broker => broker.producerId());
    if ('failure' in asked) return asked;
    const { errorCode, producerId, producerEpoch } = asked.answer;
    const verdict = verdictOf(errorCode);
    if (verdict.as !== 'stored') return { failure: verdict.failure };
    return { answer: { id: BigInt(producerId), epoch: producerEpoch } };
  }

  #onOtherCluster(): void {
    this.#producer = undefined;
    for (const partition of this.#all()) partition.renewProducer();
  }

  #warnOfFile(error: unknown): void {
    const fields = { sink: this.#options.name, reason: errorText(error) };
    this.#deps.logger.warn(
      'kafka.file',
      'a file of tls changed and cannot be used: the old one stays',
      fields,
    );
  }
}

function addressOf(broker: string): Address {
  const colon = broker.lastIndexOf(':');
  const host = broker.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  return { host, port: Number(broker.slice(colon + 1)) };
}
