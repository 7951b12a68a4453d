/** The agent is killed again and again: what it sends twice, a consumer recognises. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { startAgent } from '../helpers/agent.ts';
import { linesOf } from '../helpers/arrivals.ts';
import { assertRecords } from '../helpers/kafka-arrivals.ts';
import { KafkaCluster } from '../helpers/kafka-cluster.ts';
import { hasKafka } from '../helpers/kafka-jars.ts';
import { type ConsumedRecord, readTopic } from '../helpers/kafka-reader.ts';
import { NumberedLog } from '../helpers/numbered-log.ts';
import { repeatsExample } from '../helpers/repeats-example.ts';
import { scopeOf } from '../helpers/scope.ts';
import { until } from '../helpers/until.ts';

const KILLS = 2;
const LINES_A_LIFE = 20_000;

/** `lc.stream:…,lc.pos:…`, as the console consumer prints it. */
function headersOf({ headers }: ConsumedRecord): Record<string, string> {
  return Object.fromEntries(headers.split(',').map(header => header.split(':') as [string, string]));
}

test('kill -9 under load: with the example of the README, a consumer gets every line once, in order', async t => {
  if (!hasKafka(t)) return;
  const scope = scopeOf(t);
  const dir = await scope.folder();
  const cluster = await KafkaCluster.start(scope);
  await cluster.createTopic('logs');
  const logs = ['a', 'b'].map(name => new NumberedLog(name, join(dir, `${name}.log`)));
  const config = {
    file_monitor: { sources: [{ name: 'app', paths: [join(dir, '*.log')], labels: { job: 'kill' } }] },
    dispatcher: { batch_timeout: '20ms', batch_bytes: '64KiB' },
    sinks: { kafka: { brokers: cluster.addresses(), topic: 'logs', dedupe_headers: true } },
  };
  for (let kill = 0; kill < KILLS; kill++) {
    for (const log of logs) log.append(LINES_A_LIFE);
    const before = await cluster.records('logs');
    const agent = await startAgent(scope, { config, dir });
    await until(
      () => cluster.records('logs'),
      records => records > before,
    );
    await agent.kill9();
  }
  const agent = await startAgent(scope, { config, dir });
  await until(
    () => agent.files(),
    files => files.length === logs.length && files.every(({ lagBytes }) => lagBytes === 0),
  );
  assert.equal(await agent.stop(), 0);
  const records = await readTopic(cluster, 'logs');
  const repeats = new (await repeatsExample(scope)).Repeats();
  await assertRecords(
    records.filter(record => !repeats.has(headersOf(record))),
    logs,
  );
  t.diagnostic(`${records.length - linesOf(logs)} of ${records.length} records were sent again`);
});
