/** Every compression, format and acks before a real broker, read back by Kafka's own consumer, byte for byte. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startAgent } from '../helpers/agent.ts';
import { KafkaCluster } from '../helpers/kafka-cluster.ts';
import { hasKafka } from '../helpers/kafka-jars.ts';
import { type ConsumedRecord, readTopic } from '../helpers/kafka-reader.ts';
import { logLine } from '../helpers/log-lines.ts';
import { scopeOf } from '../helpers/scope.ts';
import { until } from '../helpers/until.ts';

const LINES = [
  '',
  'a "quoted" \\ line',
  'üñí 💥',
  ...Array.from({ length: 300 }, (_, n) => logLine('matrix', n)),
];
const LABELS = { app: 'ü', job: 'matrix' };

interface Sink {
  readonly key: string;
  readonly format: string;
}

/** One sink for each way, which its key tells. */
function sinksTo(brokers: readonly string[]): Record<string, Sink> {
  const sinks: Record<string, Sink> = {};
  for (const format of ['json', 'raw'])
    for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'])
      for (const acks of ['all', 'leader', 'none']) {
        const name = `${format}-${compression}-${acks}`;
        const way = { format, compression, acks, idempotent: acks === 'all', client: 'native' };
        sinks[name] = { type: 'kafka', brokers, topic: 'matrix', key: name, ...way } as Sink;
      }
  return sinks;
}

/** The value of a record in format `json`; the time is taken from it, and it has to be that of the record. */
function jsonValue({ value, timestampMs }: ConsumedRecord, line: string): string {
  const { timestamp } = JSON.parse(value) as { timestamp: string };
  assert.equal(Date.parse(timestamp), timestampMs);
  assert.match(timestamp, /\.\d{9}Z$/);
  return JSON.stringify({ timestamp, line, labels: LABELS });
}

test('every compression, format and acks arrives, byte for byte and in order', async t => {
  if (!hasKafka(t)) return;
  const scope = scopeOf(t);
  const dir = await scope.folder();
  const cluster = await KafkaCluster.start(scope);
  await cluster.createTopic('matrix');
  writeFileSync(join(dir, 'matrix.log'), `${LINES.join('\n')}\n`);
  const sinks = sinksTo(cluster.addresses());
  const agent = await startAgent(scope, {
    dir,
    config: {
      file_monitor: {
        sources: [{ name: 'matrix', paths: [join(dir, '*.log')], labels: { ...LABELS, filename: null } }],
      },
      dispatcher: { batch_timeout: '50ms' },
      sinks,
    },
  });
  await until(
    () => cluster.records('matrix'),
    count => count >= LINES.length * Object.keys(sinks).length,
  );
  assert.equal(await agent.stop(), 0);
  const byKey = Map.groupBy(await readTopic(cluster, 'matrix'), ({ key }) => key);
  assert.deepEqual([...byKey.keys()].sort(), Object.keys(sinks).sort());
  for (const [key, records] of byKey) {
    const isRaw = sinks[key]!.format === 'raw';
    assert.deepEqual(
      records.map(({ value }) => value),
      LINES.map((line, n) => (isRaw ? line : jsonValue(records[n]!, line))),
      key,
    );
    assert.ok(
      records.every(({ headers }) => headers === (isRaw ? 'app:ü,job:matrix' : 'NO_HEADERS')),
      key,
    );
  }
});
