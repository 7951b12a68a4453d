import { SequenceCheck } from '../../internal/receiver/sequence-check.ts';
import { exported } from '../helpers/kafka-arrivals.ts';
import { KafkaCluster } from '../helpers/kafka-cluster.ts';
import { followTopic } from '../helpers/kafka-reader.ts';
import type { Scope } from '../helpers/scope.ts';
import { type SoakSink, verdictOf } from './sink.ts';

const TOPIC = 'soak';
const PARTITIONS = 3;

/** A real broker, in turn killed and held still. Its own consumer reads along; four bytes a line are kept of that. */
export async function kafkaSoakSink(scope: Scope): Promise<SoakSink> {
  const cluster = await KafkaCluster.start(scope);
  await cluster.createTopic(TOPIC, PARTITIONS);
  const check = new SequenceCheck();
  followTopic(scope, cluster, TOPIC, record => {
    const { line, ts } = exported(record);
    check.add(Buffer.from(line), Number(ts.slice(0, -9)), Number(ts.slice(-9)), record.partition);
  });
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
    lines: async () => check.report().reduce((sum, { distinct }) => sum + distinct, 0),
    async check(logs) {
      const { again, ...verdict } = verdictOf(
        { sources: check.report(), unnumbered: check.unnumbered },
        logs,
      );
      // Unlike Loki, Kafka keeps what came again as it was.
      return { ...verdict, twice: verdict.twice + again, again: 0 };
    },
  };
}
