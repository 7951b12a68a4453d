/** The rig itself: Kafka's own producer and consumer through the helpers, before anything of ours. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Kafka, logLevel } from 'kafkajs';
import { KafkaCluster } from '../helpers/kafka-cluster.ts';
import { hasKafka } from '../helpers/kafka-jars.ts';
import { readTopic } from '../helpers/kafka-reader.ts';
import { scopeOf } from '../helpers/scope.ts';

test('a broker keeps what kafkajs sent over a kill -9, and the console consumer reads it', async t => {
  if (!hasKafka(t)) return;
  const cluster = await KafkaCluster.start(scopeOf(t));
  await cluster.createTopic('rig', 2);
  const producer = new Kafka({ brokers: cluster.addresses(), logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  const headers = { job: 'rig', host: 'a' };
  await producer.send({ topic: 'rig', messages: [{ key: 'k', value: 'one', headers, partition: 1 }] });
  await producer.disconnect();
  await cluster.kill9();
  await cluster.restart();
  const records = await readTopic(cluster, 'rig');
  assert.deepEqual(
    records.map(({ timestampMs: _, ...record }) => record),
    [{ partition: 1, offset: 0, headers: 'job:rig,host:a', key: 'k', value: 'one' }],
  );
});
