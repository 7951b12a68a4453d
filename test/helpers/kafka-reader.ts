import assert from 'node:assert/strict';
import type { KafkaCluster } from './kafka-cluster.ts';
import { outputOfKafkaTool } from './kafka-jars.ts';

/** A record as Kafka's own consumer prints it. */
export interface ConsumedRecord {
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  /** `name:value,name:value`, or `NO_HEADERS`. */
  readonly headers: string;
  readonly key: string;
  readonly value: string;
}

/** Everything that a topic holds now: partition by partition in the order of offsets. */
export async function readTopic(cluster: KafkaCluster, topic: string): Promise<ConsumedRecord[]> {
  const records: ConsumedRecord[] = [];
  for await (const record of recordsOf(cluster, topic)) records.push(record);
  return records.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
}

/**
 * Everything that a topic holds now, read by Kafka's own console consumer, in the order of offsets within a partition,
 * and no faster than it is taken. Neither headers nor keys may hold a tab, nor values a newline.
 */
export async function* recordsOf(cluster: KafkaCluster, topic: string): AsyncGenerator<ConsumedRecord> {
  const count = await cluster.records(topic);
  if (count === 0) return;
  const show = ['partition', 'offset', 'timestamp', 'headers', 'key'].flatMap(what => [
    '--property',
    `print.${what}=true`,
  ]);
  const output = outputOfKafkaTool('org.apache.kafka.tools.consumer.ConsoleConsumer', [
    ...['--bootstrap-server', cluster.addresses().join(','), '--topic', topic, '--from-beginning'],
    ...['--max-messages', String(count), '--timeout-ms', '20000', ...show],
  ]);
  let [read, rest] = [0, ''];
  for await (const text of output) {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    read += lines.length;
    for (const line of lines) yield parseRecord(line);
  }
  assert.equal(read, count, `${topic} was not read to its end`);
}

function parseRecord(line: string): ConsumedRecord {
  const [time = '', partition = '', offset = '', headers = '', key = '', ...value] = line.split('\t');
  return {
    ...{ partition: numberIn(partition), offset: numberIn(offset), timestampMs: numberIn(time) },
    ...{ headers, key, value: value.join('\t') },
  };
}

/** `Offset:12` and the like. */
function numberIn(text: string): number {
  return Number(text.slice(text.indexOf(':') + 1));
}
