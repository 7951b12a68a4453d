/** R10: three brokers under load while leaders move, are killed and come back. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { startAgent } from '../helpers/agent.ts';
import { linesOf } from '../helpers/arrivals.ts';
import { assertInKafka } from '../helpers/kafka-arrivals.ts';
import { KafkaCluster } from '../helpers/kafka-cluster.ts';
import { hasKafka } from '../helpers/kafka-jars.ts';
import { NumberedLog } from '../helpers/numbered-log.ts';
import { scopeOf } from '../helpers/scope.ts';
import { until } from '../helpers/until.ts';

test('a leader is killed, leaders move, it comes back, under load: nothing missing, nothing twice, each file in order', async t => {
  if (!hasKafka(t)) return;
  const scope = scopeOf(t);
  const dir = await scope.folder();
  const cluster = await KafkaCluster.start(scope, { brokers: 3 });
  await cluster.createTopic('logs', 6);
  const logs = Array.from({ length: 8 }, (_, n) => new NumberedLog(`l${n}`, join(dir, `l${n}.log`)));
  for (const log of logs) log.append(1);
  const config = {
    file_monitor: { sources: [{ name: 'app', paths: [join(dir, '*.log')], labels: { job: 'e2e' } }] },
    dispatcher: { batch_timeout: '20ms' },
    sinks: { kafka: { brokers: cluster.addresses(), topic: 'logs' } },
  };
  const agent = await startAgent(scope, { config, dir });
  const writing = setInterval(() => {
    for (const log of logs) log.append(10);
  }, 25);
  scope.after(() => clearInterval(writing));
  const delivered = () => agent.delivered('kafka', linesOf(logs));
  await delivered();

  const [victim = 1] = await cluster.leaders('logs');
  await cluster.kill9(victim);
  await until(
    () => cluster.leaders('logs'),
    leaders => !leaders.includes(victim),
  );
  await delivered();
  await cluster.restart(victim);
  await cluster.electPreferredLeaders();
  await delivered();

  clearInterval(writing);
  await delivered();
  await agent.assertBalanced();
  await assertInKafka(cluster, 'logs', logs);
  assert.equal(await agent.stop(), 0);
});
