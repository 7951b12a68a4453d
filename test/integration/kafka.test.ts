/** The whole agent before a real broker. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { startAgent } from '../helpers/agent.ts';
import { assertInKafka } from '../helpers/kafka-arrivals.ts';
import { KafkaCluster } from '../helpers/kafka-cluster.ts';
import { hasKafka } from '../helpers/kafka-jars.ts';
import { NumberedLog } from '../helpers/numbered-log.ts';
import { scopeOf } from '../helpers/scope.ts';

for (const client of ['native', 'kafkajs'])
  test(`client ${client}: the lines of several files arrive once, each file in order`, async t => {
    if (!hasKafka(t)) return;
    const scope = scopeOf(t);
    const dir = await scope.folder();
    const cluster = await KafkaCluster.start(scope);
    await cluster.createTopic('logs', 3);
    const logs = ['a', 'b', 'c', 'd'].map(name => new NumberedLog(name, join(dir, `${name}.log`)));
    for (const log of logs) log.append(2500);
    const config = {
      file_monitor: { sources: [{ name: 'app', paths: [join(dir, '*.log')], labels: { job: 'e2e' } }] },
      dispatcher: { batch_timeout: '50ms' },
      sinks: { kafka: { brokers: cluster.addresses(), topic: 'logs', client } },
    };
    const agent = await startAgent(scope, { config, dir });
    await agent.delivered('kafka', 10_000);
    await agent.assertBalanced();
    await assertInKafka(cluster, 'logs', logs);
    assert.equal(await agent.stop(), 0);
  });
