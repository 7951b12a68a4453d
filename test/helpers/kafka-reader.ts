import assert from 'node:assert/strict';
import type { KafkaCluster } from './kafka-cluster.ts';
import { runKafkaTool } from './kafka-jars.ts';

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

/**
 * Everything that a topic holds now, read by Kafka's own console consumer: partition by partition in the order of
 * offsets. Neither headers nor keys may hold a tab, nor values a newline.
 */
export async function readTopic(cluster: KafkaCluster, topic: string): Promise<ConsumedRecord[]> {
  const count = await cluster.records(topic);
  if (count === 0) return [];
  const show = ['partition', 'offset', 'timestamp', 'headers', 'key'].flatMap(what => [
    '--property',
    `print.${what}=true`,
  ]);
  const printed = await runKafkaTool('org.apache.kafka.tools.consumer.ConsoleConsumer', [
    ...['--bootstrap-server', cluster.addresses().join(','), '--topic', topic, '--from-beginning'],
    ...['--max-messages', String(count), '--timeout-ms', '20000', ...show],
  ]);
  const records = printed.split('\n').slice(0, -1).map(parseRecord);
  assert.equal(records.length, count, `${topic} was not read to its end`);
  return records.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
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
