import assert from 'node:assert/strict';
import type { KafkaCluster } from './kafka-cluster.ts';
import { outputOfKafkaTool, spawnKafkaTool } from './kafka-jars.ts';
import type { TestScope } from './process.ts';

const CONSOLE_CONSUMER = 'org.apache.kafka.tools.consumer.ConsoleConsumer';

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
  const bounds = ['--max-messages', String(count), '--timeout-ms', '60000'];
  const output = outputOfKafkaTool(CONSOLE_CONSUMER, [...consumerArgs(cluster, topic), ...bounds]);
  let [read, rest] = [0, ''];
  for await (const text of output) {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    read += lines.length;
    for (const line of lines) yield parseRecord(line);
  }
  assert.equal(read, count, `${topic} was not read to its end`);
}

/**
 * Hands over the records of a topic as they come, from the first one, until `scope` ends; also those that come while
 * its brokers are killed and started again. Each is handed over once: what the consumer reads again, because it had not
 * told how far it was when a broker died, is left out.
 */
export function followTopic(
  scope: TestScope,
  cluster: KafkaCluster,
  topic: string,
  take: (record: ConsumedRecord) => void,
): void {
  // Without a group of a name it tells nothing, and begins anew whenever the broker has forgotten it.
  const args = [...consumerArgs(cluster, topic), '--group', 'follower'];
  const child = spawnKafkaTool(CONSOLE_CONSUMER, args);
  const ended = new Promise(resolve => child.once('close', resolve));
  scope.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  child.stderr.pipe(process.stderr);
  const nextOffsets = new Map<number, number>();
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      const record = parseRecord(line);
      if (record.offset < (nextOffsets.get(record.partition) ?? 0)) continue;
      nextOffsets.set(record.partition, record.offset + 1);
      take(record);
    }
  });
}

/** What the console consumer is told to print: lines for `parseRecord`. */
function consumerArgs(cluster: KafkaCluster, topic: string): string[] {
  const show = ['partition', 'offset', 'timestamp', 'headers', 'key'];
  return [
    ...['--bootstrap-server', cluster.addresses().join(','), '--topic', topic, '--from-beginning'],
    ...show.flatMap(what => ['--property', `print.${what}=true`]),
  ];
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
