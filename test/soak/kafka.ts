import type { ExportedLine } from '../../internal/receiver/export.ts';
import { exported } from '../helpers/kafka-arrivals.ts';
import { KafkaCluster } from '../helpers/kafka-cluster.ts';
import { recordsOf } from '../helpers/kafka-reader.ts';
import { logLine } from '../helpers/log-lines.ts';
import { judge } from '../helpers/oracle.ts';
import type { Scope } from '../helpers/scope.ts';
import type { SoakSink } from './sink.ts';

const TOPIC = 'soak';
const PARTITIONS = 3;

/** A real broker, in turn killed and held still; in the end its own consumer reads all that it has. */
export async function kafkaSoakSink(scope: Scope): Promise<SoakSink> {
  const cluster = await KafkaCluster.start(scope);
  await cluster.createTopic(TOPIC, PARTITIONS);
  let isKilled = false;
  return {
    name: 'kafka',
    config: { brokers: cluster.addresses(), topic: TOPIC },
    async fail(n) {
      isKilled = n % 2 === 0;
      if (isKilled) await cluster.kill9();
      else await cluster.pause();
      return isKilled ? 'is killed' : 'hangs';
    },
    async recover() {
      if (isKilled) await cluster.restart();
      else cluster.resume();
    },
    lines: () => cluster.records(TOPIC),
    async check(logs) {
      const sources = Object.fromEntries(logs.map(({ source, lines }) => [source, lines]));
      const { missing, duplicates, changed } = await judge({ sources, line: logLine }, linesIn(cluster));
      return { missing, twice: duplicates, changed, again: 0 };
    },
  };
}

async function* linesIn(cluster: KafkaCluster): AsyncGenerator<ExportedLine> {
  for await (const record of recordsOf(cluster, TOPIC)) yield exported(record);
}
