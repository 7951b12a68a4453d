import { block, type Output } from '../../../pkg/spec/block.ts';
import { field } from '../../../pkg/spec/field.ts';
import { fromFile } from '../../../pkg/spec/filled.ts';
import { hostPort } from '../../../pkg/spec/formats.ts';
import { tlsSpec } from '../../../pkg/spec/tls.ts';
import {
  bytes,
  duration,
  flag,
  listOf,
  oneOf,
  parsed,
  secret,
  text,
  textOrEmpty,
} from '../../../pkg/spec/types.ts';
import { Wrong } from '../../../pkg/spec/wrong.ts';
import { templateProblem } from '../label-template.ts';

const TOPIC = /^[a-zA-Z0-9._-]{1,249}$/;
const PLACEHOLDER = /\{[a-zA-Z_:][a-zA-Z0-9_:]*\}/g;

/** A topic's name with its placeholders looked through. */
function topicTemplate(value: string): string | Wrong {
  const sample = value.replaceAll(PLACEHOLDER, 'x');
  const isTopic = TOPIC.test(sample) && sample !== '.' && sample !== '..';
  return isTopic ? value : new Wrong('is not a topic');
}

const saslSpec = block({
  mechanism: field(oneOf('plain', 'scram-sha-256', 'scram-sha-512'), {
    doc: 'How to log in.',
    example: 'scram-sha-512',
  }),
  username: field(text('a user name'), { doc: 'User name.', example: 'shipper' }),
  password: field(secret('a password'), { doc: 'Password.', example: fromFile('/run/secrets/kafka') }),
});

/** A sink of type `kafka`. */
export const kafkaSinkSpec = block(
  {
    brokers: field(listOf(hostPort(), 'brokers', 1), {
      doc: 'Brokers to start from.',
      example: ['kafka:9092'],
    }),
    topic: field(parsed('a topic of letters, digits, . _ and -, with labels in braces', topicTemplate), {
      doc: 'A label in braces is filled in, with allowed characters only: "logs-{job}".',
      example: 'logs',
    }),
    key: field(textOrEmpty(), {
      doc: "Label template. Empty: the stream's id, so that a stream keeps its order.",
      default: '',
    }),
    format: field(oneOf('json', 'raw'), {
      doc: 'json: time, line and labels in one object. raw: the bytes of the line, labels as headers.',
      default: 'json',
    }),
    acks: field(oneOf('all', 'leader', 'none'), {
      doc: 'Who must have a batch before it counts.',
      default: 'all',
    }),
    idempotent: field(flag(), {
      doc: 'A batch that is sent again is stored once. Needs acks: all.',
      default: true,
    }),
    compression: field(oneOf('none', 'gzip', 'snappy', 'lz4', 'zstd'), {
      doc: 'Compression of a batch.',
      default: 'lz4',
    }),
    max_message_bytes: field(bytes(1024), { doc: "The broker's `message.max.bytes`.", default: '1MiB' }),
    sasl: field(saslSpec, { doc: 'How to log in.', optional: true }),
    tls: field(tlsSpec, {
      doc: 'TLS; `{}` is enough with well-known authorities. Files are read again when they change.',
      optional: true,
    }),
    allowed_topics: field(listOf(text('a topic'), 'topics'), {
      doc: 'Topics that labels may choose; a `*` at the end stands for any rest. Lines for others become dead letters. Empty: any.',
      default: [],
      example: ['logs-*'],
    }),
    create_topics: field(flag(), {
      doc: 'Topics that are missing are made, with the partitions and replicas that the brokers have as defaults.',
      default: false,
    }),
    dedupe_headers: field(flag(), {
      doc: 'Each record carries `lc.stream` and `lc.pos`, by which a consumer recognises what a kill -9 made the agent send again.',
      default: false,
    }),
    timeout: field(duration(1), { doc: 'How long a broker may take to answer.', default: '10s' }),
    delivery_timeout: field(duration(1), {
      doc: 'How long a send waits for a new leader or a lost broker before its lines are parked.',
      default: '15s',
    }),
    client: field(oneOf('native', 'kafkajs'), {
      doc: "native: records are written straight from the lines. kafkajs: kafkajs's own producer does it, as a reference; it takes twenty times the CPU.",
      default: 'native',
    }),
  },
  [
    {
      needs: ['acks', 'idempotent'],
      at: 'acks',
      check: v =>
        v.idempotent && v.acks !== 'all'
          ? 'is too weak for idempotent: true, expected acks: all or idempotent: false'
          : undefined,
    },
    { needs: ['key'], at: 'key', check: v => templateProblem(v.key) },
  ],
);

export type KafkaSinkConfig = Output<(typeof kafkaSinkSpec)['shape']>;
