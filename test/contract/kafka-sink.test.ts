import type { Stream } from '../../pkg/types/stream.ts';
import type { DecodedBatch, DecodedRecord } from '../helpers/decode-record-batch.ts';
import { FakeKafka, type ProduceFate } from '../helpers/fake-kafka.ts';
import { makeKafkaSink } from '../helpers/kafka-sink.ts';
import { type Arrived, type Behaviour, type SinkHarness, sinkContract } from './sink-contract.ts';

/** INVALID_RECORD and NOT_ENOUGH_REPLICAS. */
const [REFUSED, FAILED] = [87, 19];

const FATES: Readonly<Record<Behaviour, (batch: DecodedBatch) => ProduceFate>> = {
  take: () => 'take',
  some: ({ records }) => (records.some(({ value }) => String(value).includes('bad')) ? REFUSED : 'take'),
  fail: () => FAILED,
  hang: () => 'hang',
};

/** A record as each format holds it, and whether it is of a stream. */
const FORMATS = {
  json: {
    read: ({ value }: DecodedRecord): Arrived => {
      const { timestamp, line } = JSON.parse(String(value)) as { timestamp: string; line: string };
      const [second, nanos] = timestamp.split('.') as [string, string];
      return { line, nanos: BigInt(Date.parse(`${second}Z`)) * 1_000_000n + BigInt(nanos.slice(0, 9)) };
    },
    isOf: ({ value }: DecodedRecord, stream: Stream): boolean =>
      JSON.stringify((JSON.parse(String(value)) as { labels: object }).labels) ===
      JSON.stringify(stream.labels),
  },
  raw: {
    read: ({ value, headers }: DecodedRecord): Arrived => ({
      line: String(value),
      nanos: BigInt(String(headers['lc.pos'])),
    }),
    isOf: ({ headers }: DecodedRecord, stream: Stream): boolean => String(headers['lc.stream']) === stream.id,
  },
} as const;

for (const { format, acks } of [
  { format: 'json', acks: 'all' },
  { format: 'raw', acks: 'all' },
  { format: 'raw', acks: 'leader' },
] as const)
  sinkContract(`kafka sink, ${format}, acks: ${acks}`, async (): Promise<SinkHarness> => {
    const kafka = await FakeKafka.listen();
    const { read, isOf } = FORMATS[format];
    return {
      sink: makeKafkaSink({
        ...{ brokers: [kafka.address], format, acks, idempotent: acks === 'all' },
        ...{ dedupe_headers: true, delivery_timeout: '300ms' },
      }),
      behave: behaviour => {
        kafka.fateOf = FATES[behaviour];
      },
      wire: async count => {
        await kafka.received(count);
        return firstsAndLasts(kafka);
      },
      arrived: stream =>
        kafka.logs
          .flatMap(({ batches }) => batches.flatMap(({ records }) => records))
          .filter(record => isOf(record, stream))
          .map(read),
      vanish: () => kafka.close(),
      unreachable: 'network',
      close: () => kafka.close(),
    };
  });

/** The first and the last batch of each partition: in between the sink itself may have tried any number of times. */
function firstsAndLasts({ produced }: FakeKafka): Buffer[] {
  const partitions = [...Map.groupBy(produced, ({ partition }) => partition).values()];
  return [...partitions.map(of => of[0]!.bytes), ...partitions.map(of => of.at(-1)!.bytes)];
}
