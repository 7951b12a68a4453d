import type Connection from 'kafkajs/src/network/connection.js';
import { requests, type Wire } from 'kafkajs/src/protocol/requests/index.js';
import type { Clock } from '../../../pkg/clock/clock.ts';
import type { Failure } from '../../../pkg/types/outcome.ts';
import type {
  Address,
  Asked,
  ClusterMetadata,
  CreateTopicsAnswer,
  DescribeConfigsAnswer,
  ProducerIdAnswer,
} from './answers.ts';
import { BodyWriter } from './body-writer.ts';
import { connectionFailure, withListenerHint, withTlsHint } from './connection-failure.ts';

const PRODUCE_KEY = 0;
/** The version of Produce that is spoken; brokers from 2.1 on know it. */
const PRODUCE_VERSION = 7;
const TOPIC_RESOURCE = 2;

type RequestName = keyof typeof requests;
type Versions = Readonly<Record<number, { readonly maxVersion: number }>>;

/** One connection to one broker. Its requests never reject, and each is answered within the timeout. */
export class BrokerConnection {
  readonly address: string;
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #bodies = new BodyWriter();
  #versions: Versions = {};

  constructor(
    connection: Connection,
    { host, port }: Address,
    { clock, timeoutMs }: { readonly clock: Clock; readonly timeoutMs: number },
  ) {
    this.address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
    this.#connection = connection;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  get isOpen(): boolean {
    return this.#connection.isConnected();
  }

  /** Connects, asks what the broker speaks, logs in. Returns why that failed, if it did. */
  async open(isSecure: boolean): Promise<Failure | undefined> {
    const connected = await this.#bounded(this.#connection.connect(), 'connecting');
    if ('failure' in connected) return isSecure ? withTlsHint(connected.failure) : connected.failure;
    const spoken = await this.#send<{ apiVersions: readonly { apiKey: number; maxVersion: number }[] }>(
      'ApiVersions',
      {},
    );
    if ('failure' in spoken) return withListenerHint(spoken.failure);
    this.#versions = Object.fromEntries(spoken.answer.apiVersions.map(version => [version.apiKey, version]));
    this.#connection.setVersions(this.#versions);
    this.#connection.setSupportAuthenticationProtocol(true);
    const loggedIn = await this.#bounded(this.#connection.authenticate(), 'logging in');
    if ('failure' in loggedIn) return loggedIn.failure;
    if (this.#connection.socket !== undefined) this.#bodies.attach(this.#connection.socket);
    return undefined;
  }

  async metadata(topics: readonly string[]): Promise<Asked<ClusterMetadata>> {
    const asked = await this.#send<ClusterMetadata>('Metadata', { topics, allowAutoTopicCreation: false });
    return 'failure' in asked ? { failure: withListenerHint(asked.failure) } : asked;
  }

  producerId(): Promise<Asked<ProducerIdAnswer>> {
    return this.#send('InitProducerId', { transactionalId: null, transactionTimeout: 0 });
  }

  createTopics(topics: readonly string[]): Promise<Asked<CreateTopicsAnswer>> {
    const byDefault = { numPartitions: -1, replicationFactor: -1 };
    return this.#send('CreateTopics', { topics: topics.map(topic => ({ topic, ...byDefault })) });
  }

  topicSetting(topics: readonly string[], name: string): Promise<Asked<DescribeConfigsAnswer>> {
    const resource = { type: TOPIC_RESOURCE, configNames: [name] };
    return this.#send('DescribeConfigs', { resources: topics.map(topic => ({ ...resource, name: topic })) });
  }

  /** Sends a Produce request with this body, in pieces; without `hasAnswer` (`acks: none`) the answer is empty. */
  async produce(body: readonly Buffer[], hasAnswer: boolean): Promise<Asked<Buffer>> {
    const { mark, drop } = this.#bodies.post(body);
    const asked = await this.#ask<Buffer | undefined>({
      request: {
        ...{ apiKey: PRODUCE_KEY, apiVersion: PRODUCE_VERSION, apiName: 'Produce' },
        encode: () => Promise.resolve({ buf: mark, buffer: mark }),
        expectResponse: () => hasAnswer,
      },
      response: { decode: payload => Promise.resolve(payload), parse: payload => Promise.resolve(payload) },
    });
    drop();
    return 'failure' in asked ? asked : { answer: asked.answer ?? Buffer.alloc(0) };
  }

  /** Ends the connection at once; requests under way fail. */
  close(): void {
    this.#connection.rejectRequests(new Error('the connection was closed'));
    void this.#connection.disconnect();
    this.#connection.socket?.destroy();
  }

  #send<T>(name: RequestName, args: object): Promise<Asked<T>> {
    const { versions, protocol } = requests[name];
    const known = versions.map(Number);
    const first = protocol({ version: known[0]! })(args).request;
    const spoken = name === 'ApiVersions' ? 0 : this.#versions[first.apiKey]?.maxVersion;
    if (spoken === undefined)
      return Promise.resolve({ failure: { kind: 'unavailable', message: `the broker knows no ${name}` } });
    const wire = protocol({ version: Math.min(Math.max(...known), spoken) })(args) as Wire<T>;
    return this.#ask({
      request: wire.request,
      response: { decode: wire.response.decode, parse: decoded => Promise.resolve(decoded) },
    });
  }

  #ask<T>(wire: Wire<T>): Promise<Asked<T>> {
    return this.#bounded(this.#connection.send(wire), `waiting for ${wire.request.apiName}`);
  }

  /** Gives up after the timeout: nothing that follows on this connection would be answered either. */
  #bounded<T>(work: Promise<T>, phase: string): Promise<Asked<T>> {
    return new Promise(resolve => {
      const timer = this.#clock.after(this.#timeoutMs, () => {
        const message = `no answer from ${this.address} within ${this.#timeoutMs} ms, while ${phase}`;
        resolve({ failure: { kind: 'timeout', message } });
        this.close();
      });
      work.then(
        answer => {
          timer.clear();
          resolve({ answer });
        },
        (error: unknown) => {
          timer.clear();
          resolve({ failure: connectionFailure(error, this.address, phase) });
          if (phase !== 'connecting') this.close();
        },
      );
    });
  }
}
