/** The only broker goes away under load, and comes back: R2, and what an outage must not do. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { startAgent } from '../helpers/agent.ts';
import { assertArrived, linesOf } from '../helpers/arrivals.ts';
import { assertInKafka } from '../helpers/kafka-arrivals.ts';
import { KafkaCluster } from '../helpers/kafka-cluster.ts';
import { hasKafka } from '../helpers/kafka-jars.ts';
import { NumberedLog } from '../helpers/numbered-log.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { scopeOf } from '../helpers/scope.ts';
import { until } from '../helpers/until.ts';

for (const copyMode of ['safe', 'optimized'])
  test(`${copyMode}: Kafka dies and comes back: Loki goes on, Kafka gets every line once, in order`, async t => {
    if (!hasKafka(t)) return;
    const scope = scopeOf(t);
    const dir = await scope.folder();
    const cluster = await KafkaCluster.start(scope);
    const loki = await startReceiver(scope);
    await cluster.createTopic('logs', 3);
    const logs = Array.from({ length: 5 }, (_, n) => new NumberedLog(`l${n}`, join(dir, `l${n}.log`)));
    for (const log of logs) log.append(1000);
    const config = {
      file_monitor: { sources: [{ name: 'app', paths: [join(dir, '*.log')], labels: { job: 'e2e' } }] },
      dispatcher: {
        batch_timeout: '20ms',
        copy_mode: copyMode,
        max_retries: 1_000_000,
        circuit_breaker: { reset: '500ms' },
      },
      sinks: {
        loki: { url: loki.url },
        kafka: { brokers: cluster.addresses(), topic: 'logs', delivery_timeout: '2s' },
      },
    };
    const agent = await startAgent(scope, { config, dir });
    const writing = setInterval(() => {
      for (const log of logs) log.append(5);
    }, 20);
    scope.after(() => clearInterval(writing));
    await agent.delivered('kafka', 6000);

    await cluster.kill9();
    await agent.delivered('loki', linesOf(logs) + 5000);
    assert.equal((await agent.health()).components['sink kafka']?.status, 'degraded');
    await cluster.restart();
    clearInterval(writing);
    await until(
      () => cluster.records('logs'),
      records => records >= linesOf(logs),
    );
    await assertArrived(loki, logs);
    await assertInKafka(cluster, 'logs', logs);
    await agent.assertBalanced();
    assert.equal(await agent.stop(), 0);
  });
