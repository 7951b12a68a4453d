import { readFile } from 'node:fs/promises';
import type { ConnectionOptions } from 'node:tls';
import kafkajs, { type IHeaders, type Message, type Producer, type ProducerConfig } from 'kafkajs';
import { errorText } from '../../../pkg/errors/errors.ts';
import type { TlsConfig } from '../../../pkg/spec/tls.ts';
import type { Batch, Part } from '../../../pkg/types/batch.ts';
import type { Outcome } from '../../../pkg/types/outcome.ts';
import type { Logger } from '../../selflog/logger.ts';
import { Findings } from '../findings.ts';
import { LabelTemplate } from '../label-template.ts';
import { ABORTED } from '../network-failure.ts';
import { nanosOf, secondsOf } from '../record-time.ts';
import { shortened } from '../words.ts';
import { loadCodec } from './codecs.ts';
import { connectionFailure } from './connection-failure.ts';
import { KafkaStreams } from './kafka-stream.ts';
import type { KafkaSinkOptions } from './options.ts';
import { ACKS } from './produce-message.ts';
import { quietKafkajs } from './quiet-kafkajs.ts';

/**
 * `client: kafkajs`: the same records, sent by the public producer of kafkajs with an object for each. Slow, and what it
 * does after a failure is its own affair; it is there to compare with.
 */
export class ReferenceClient {
  readonly #options: KafkaSinkOptions;
  readonly #streams: KafkaStreams;
  readonly #key: LabelTemplate;
  readonly #logger: Logger;
  #producer: Producer | undefined;
  readonly #onClose = new Set<() => void>();
  #isConnected = false;
  #codecId = 0;

  constructor(options: KafkaSinkOptions, { logger }: { readonly logger: Logger }) {
    this.#options = options;
    this.#streams = new KafkaStreams(options);
    this.#key = new LabelTemplate(options.key);
    this.#logger = logger;
  }

  async start(): Promise<void> {
    const { brokers, timeoutMs, sasl, tls, idempotent, compression } = this.#options;
    quietKafkajs();
    const { id, compress } = await loadCodec(compression);
    this.#codecId = id;
    if (compress !== undefined)
      kafkajs.CompressionCodecs[id as 1 | 2 | 3 | 4] = () => ({
        compress: async ({ buffer }: { readonly buffer: Buffer }) => Buffer.concat(await compress(buffer)),
        decompress: () => Promise.reject(new Error('nothing is read here')),
      });
    const kafka = new kafkajs.Kafka({
      ...{ brokers: [...brokers], clientId: 'log-capturer', connectionTimeout: timeoutMs },
      ...{ requestTimeout: timeoutMs, logCreator: () => entry => this.#debug(entry.log.message) },
      ...(tls === undefined ? {} : { ssl: await tlsOptions(tls) }),
      ...(sasl === undefined ? {} : { sasl: { ...sasl, password: sasl.password.reveal() } as never }),
    });
    const config: ProducerConfig = { idempotent, createPartitioner: kafkajs.Partitioners.DefaultPartitioner };
    this.#producer = kafka.producer({ ...config, allowAutoTopicCreation: false });
  }

  async close(): Promise<void> {
    for (const giveUp of this.#onClose) giveUp();
    await this.#producer?.disconnect();
  }

  async send(batch: Batch, signal: AbortSignal): Promise<Outcome> {
    const aborted = Promise.withResolvers<Outcome>();
    const onAbort = (): void => aborted.resolve({ kind: 'retry', failure: ABORTED });
    signal.addEventListener('abort', onAbort, { once: true });
    this.#onClose.add(onAbort);
    const outcome = await Promise.race([this.#send(batch), aborted.promise]);
    signal.removeEventListener('abort', onAbort);
    this.#onClose.delete(onAbort);
    return outcome;
  }

  async #send(batch: Batch): Promise<Outcome> {
    const findings = new Findings(batch.records);
    const topics = new Map<string, Message[]>();
    let first = 0;
    for (const part of batch.parts) {
      const { topic, refusal } = this.#streams.of(part.stream);
      const records = part.to - part.from;
      const numbers = Array.from({ length: records }, (_, n) => first + n);
      first += records;
      if (refusal !== undefined) findings.refuse(numbers, refusal);
      else topics.set(topic, [...(topics.get(topic) ?? []), ...this.#messages(part)]);
    }
    try {
      if (!this.#isConnected) await this.#producer!.connect();
      this.#isConnected = true;
      await this.#producer!.sendBatch({
        acks: ACKS[this.#options.acks],
        compression: this.#codecId,
        topicMessages: Array.from(topics, ([topic, messages]) => ({ topic, messages })),
      });
    } catch (error) {
      return failedWith(error);
    }
    return findings.outcome();
  }

  #messages(part: Part): Message[] {
    const { format, dedupeHeaders } = this.#options;
    const key = this.#key.fill(part.stream.labels) || part.stream.id;
    const labels = part.stream.labels.toJSON();
    return Array.from({ length: part.to - part.from }, (_, n): Message => {
      const r = part.from + n;
      const line = part.bytes.subarray(part.spans[2 * r], part.spans[2 * r + 1]);
      const sec = secondsOf(part, r);
      const nanos = String(nanosOf(part, r)).padStart(9, '0');
      const headers: IHeaders = format === 'raw' ? { ...labels } : {};
      if (dedupeHeaders) Object.assign(headers, { 'lc.stream': part.stream.id, 'lc.pos': `${sec}${nanos}` });
      const timestamp = `${new Date(sec * 1000).toISOString().slice(0, 19)}.${nanos}Z`;
      return {
        ...{ key, headers, timestamp: String(sec * 1000 + Math.floor(Number(nanos) / 1e6)) },
        value:
          format === 'raw' ? Buffer.from(line) : JSON.stringify({ timestamp, line: line.toString(), labels }),
      };
    });
  }

  #debug(message: string): void {
    this.#logger.debug('kafka.client', shortened(message));
  }
}

async function tlsOptions(tls: TlsConfig): Promise<ConnectionOptions> {
  const read = (path: string | undefined) => (path === undefined ? undefined : readFile(path));
  const [ca, cert, key] = await Promise.all([read(tls.ca), read(tls.cert), read(tls.key)]);
  const name = tls.serverName === undefined ? {} : { servername: tls.serverName };
  return { ...{ ca, cert, key, rejectUnauthorized: !tls.insecureSkipVerify }, ...name };
}

function failedWith(error: unknown): Outcome {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const { type } = cause as { readonly type?: unknown };
  if (type === 'MESSAGE_TOO_LARGE')
    return { kind: 'split', failure: { kind: 'too_large', message: errorText(cause) } };
  return { kind: 'retry', failure: connectionFailure(cause, 'kafkajs', 'producing') };
}
