import { type Clock, delay } from '../../../pkg/clock/clock.ts';
import type { Failure } from '../../../pkg/types/outcome.ts';
import type { Logger } from '../../selflog/logger.ts';
import type { Address, Asked, ClusterMetadata } from './answers.ts';
import { Broker, type BrokerDeps } from './broker.ts';
import type { BrokerConnection } from './broker-connection.ts';
import { verdictOf } from './verdict.ts';

/** Metadata are not asked for more often than this. */
const REFRESH_MS = 250;
const UNKNOWN_TOPIC = 3;
const TOPIC_EXISTS = 36;

/** A topic as the metadata have it. */
export interface Topic {
  /** Node ids by partition; -1 where nobody leads. Empty when there is a failure. */
  readonly leaders: readonly number[];
  /** Why it cannot be used. */
  readonly failure: Failure | undefined;
  /** Its `max.message.bytes`, if it may be known. */
  readonly maxMessageBytes: number | undefined;
  /** On the monotonic clock. */
  readonly readAtMs: number;
}

export interface ClusterOptions {
  readonly name: string;
  readonly bootstrap: readonly Address[];
  readonly createTopics: boolean;
}

export interface ClusterDeps extends BrokerDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  /** `brokers` leads to another cluster than before. */
  readonly onOtherCluster: () => void;
}

/**
 * The brokers, the topics, and who leads what. Metadata are asked for when somebody misses something, on a connection of
 * their own, so that a broker that hangs does not keep others from being found.
 */
export class Cluster {
  readonly #options: ClusterOptions;
  readonly #deps: ClusterDeps;
  readonly #brokers = new Map<number, Broker>();
  readonly #topics = new Map<string, Topic>();
  readonly #limits = new Map<string, number | undefined>();
  readonly #closing = new AbortController();
  #connection: BrokerConnection | undefined;
  #wanted = new Set<string>();
  #next: Promise<Failure | undefined> | undefined;
  #current: Promise<Failure | undefined> = Promise.resolve(undefined);
  #readAtMs = Number.NEGATIVE_INFINITY;
  #clusterId: string | undefined;

  constructor(options: ClusterOptions, deps: ClusterDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** What was last heard of a topic. */
  topic(name: string): Topic | undefined {
    return this.#topics.get(name);
  }

  /** The broker that leads a partition, as far as is known. */
  leaderOf(topic: string, partition: number): Broker | undefined {
    return this.#brokers.get(this.#topics.get(topic)?.leaders[partition] ?? -1);
  }

  /**
   * Reads the metadata of a topic anew; those who ask at the same time share the answer. Resolves with why no broker
   * answered, if so.
   */
  refresh(topic: string): Promise<Failure | undefined> {
    this.#wanted.add(topic);
    this.#next ??= this.#current.then(() => {
      this.#current = this.#next!;
      this.#next = undefined;
      return this.#refresh();
    });
    return this.#next;
  }

  /** Asks any broker that answers. */
  async ask<T>(question: (broker: BrokerConnection) => Promise<Asked<T>>): Promise<Asked<T>> {
    let first: Asked<T> | undefined;
    if (this.#connection?.isOpen) {
      first = await question(this.#connection);
      if ('answer' in first) return first;
    }
    for (const address of this.#addresses()) {
      if (this.#closing.signal.aborted) break;
      const connected = await this.#deps.connect(address);
      if ('failure' in connected) {
        first ??= connected;
        continue;
      }
      this.#connection?.close();
      this.#connection = connected.answer;
      if (this.#closing.signal.aborted) break;
      const asked = await question(this.#connection);
      if ('answer' in asked) return asked;
      first ??= asked;
    }
    return first ?? { failure: { kind: 'aborted', message: 'the sink is closed' } };
  }

  close(): void {
    this.#closing.abort();
    this.#connection?.close();
    for (const broker of this.#brokers.values()) broker.close();
  }

  async #refresh(): Promise<Failure | undefined> {
    const { clock } = this.#deps;
    const { signal } = this.#closing;
    const waitMs = this.#readAtMs + REFRESH_MS - clock.monotonicMs();
    if (waitMs > 0) await delay(clock, waitMs, signal);
    const topics = [...this.#wanted];
    this.#wanted = new Set();
    const asked = await this.ask(broker => broker.metadata(topics));
    this.#readAtMs = clock.monotonicMs();
    if ('failure' in asked) {
      for (const topic of topics) this.#wanted.add(topic);
      return asked.failure;
    }
    await this.#apply(asked.answer);
    return undefined;
  }

  async #apply(metadata: ClusterMetadata): Promise<void> {
    this.#checkCluster(metadata.clusterId);
    this.#takeBrokers(metadata.brokers);
    const usable = metadata.topicMetadata.filter(({ topicErrorCode }) => topicErrorCode === 0);
    await this.#learnLimits(usable.map(({ topic }) => topic));
    for (const { topicErrorCode, topic, partitionMetadata } of metadata.topicMetadata) {
      const leaders: number[] = [];
      for (const { partitionId, leader } of partitionMetadata) leaders[partitionId] = leader;
      const failure =
        topicErrorCode === UNKNOWN_TOPIC && this.#options.createTopics
          ? await this.#create(topic)
          : failureOf(topic, topicErrorCode);
      const maxMessageBytes = this.#limits.get(topic);
      this.#topics.set(topic, { leaders, failure, maxMessageBytes, readAtMs: this.#readAtMs });
    }
  }

  #takeBrokers(brokers: ClusterMetadata['brokers']): void {
    const gone = new Map(this.#brokers);
    for (const { nodeId, host, port } of brokers) {
      const known = this.#brokers.get(nodeId);
      if (known?.address.host === host && known.address.port === port) gone.delete(nodeId);
      else this.#brokers.set(nodeId, new Broker({ host, port }, this.#deps));
    }
    for (const [nodeId, broker] of gone) {
      if (this.#brokers.get(nodeId) === broker) this.#brokers.delete(nodeId);
      broker.close();
    }
  }

  /** Makes a topic; it can be used as soon as the metadata show it. */
  async #create(topic: string): Promise<Failure> {
    const asked = await this.ask(broker => broker.createTopics([topic]));
    if ('failure' in asked) return asked.failure;
    const errorCode = asked.answer.topicErrors[0]?.errorCode ?? 0;
    if (errorCode !== 0 && errorCode !== TOPIC_EXISTS) return failureOf(topic, errorCode)!;
    if (errorCode === 0)
      this.#deps.logger.info('kafka.topic_created', 'a missing topic was made, as create_topics says', {
        ...{ sink: this.#options.name, topic },
      });
    return { kind: 'unavailable', message: `the topic ${topic} was just made` };
  }

  /** Asks once for the limit of a batch of each topic; it stays unknown where we may not read it. */
  async #learnLimits(topics: readonly string[]): Promise<void> {
    const fresh = topics.filter(topic => !this.#limits.has(topic));
    if (fresh.length === 0) return;
    const asked = await this.ask(broker => broker.topicSetting(fresh, 'max.message.bytes'));
    for (const topic of fresh) this.#limits.set(topic, undefined);
    if ('failure' in asked) return;
    for (const { resourceName, configEntries } of asked.answer.resources) {
      const value = configEntries[0]?.configValue;
      if (value !== undefined && value !== null) this.#limits.set(resourceName, Number(value));
    }
  }

  #checkCluster(clusterId: string | null): void {
    if (clusterId === null || clusterId === this.#clusterId) return;
    const was = this.#clusterId;
    this.#clusterId = clusterId;
    if (was === undefined) return;
    this.#deps.logger.error(
      'kafka.cluster_changed',
      'brokers now belongs to another cluster: lines go there from now on; check brokers and DNS if that is not meant',
      { sink: this.#options.name, was, is: clusterId },
    );
    this.#topics.clear();
    this.#limits.clear();
    this.#deps.onOtherCluster();
  }

  /** Brokers that are known, then those of the config; each once. */
  #addresses(): Address[] {
    const known = [...this.#brokers.values()].map(({ address }) => address);
    const all = [...known, ...this.#options.bootstrap];
    return [...new Map(all.map(address => [`${address.host} ${address.port}`, address])).values()];
  }
}

function failureOf(topic: string, errorCode: number): Failure | undefined {
  const verdict = verdictOf(errorCode);
  if (verdict.as === 'stored') return undefined;
  return { kind: verdict.failure.kind, message: `${topic}: ${verdict.failure.message}` };
}
