import type { ExportedLine } from '../../internal/receiver/export.ts';
import { assertWhole, type Order } from './arrivals.ts';
import type { KafkaCluster } from './kafka-cluster.ts';
import { type ConsumedRecord, readTopic } from './kafka-reader.ts';
import type { NumberedLog } from './numbered-log.ts';

/** Fails unless a topic holds every line of `logs`, once, unchanged, and nothing else; as Kafka's own consumer reads it. */
export async function assertInKafka(
  cluster: KafkaCluster,
  topic: string,
  logs: readonly NumberedLog[],
  order: Order = 'in order',
): Promise<void> {
  await assertRecords(await readTopic(cluster, topic), logs, order);
}

/** The same of records in format `json` that were read already. */
export async function assertRecords(
  records: readonly ConsumedRecord[],
  logs: readonly NumberedLog[],
  order: Order = 'in order',
): Promise<void> {
  await assertWhole(records.map(exported), logs, order);
}

/** A record of `format: json` as a receiver would export it. */
export function exported({ value }: ConsumedRecord): ExportedLine {
  const { timestamp, line, labels } = JSON.parse(value) as {
    timestamp: string;
    line: string;
    labels: Record<string, string>;
  };
  const [second = '', nanos = ''] = timestamp.split('.');
  return { labels, line, ts: `${Date.parse(`${second}Z`) / 1000}${nanos.slice(0, 9)}` };
}
