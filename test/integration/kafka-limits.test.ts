/** What a broker does not take, topics that are not there, and brokers that do not answer: each on its own sink. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, before, type TestContext, test } from 'node:test';
import kafkajs from 'kafkajs';
import type { Outcome } from '../../pkg/types/outcome.ts';
import type { Sink } from '../../pkg/types/ports.ts';
import { batchOf, partOf } from '../helpers/batches.ts';
import { numbered, testChunk, testStream } from '../helpers/chunks.ts';
import { freePort } from '../helpers/free-port.ts';
import { KafkaCluster } from '../helpers/kafka-cluster.ts';
import { hasKafka } from '../helpers/kafka-jars.ts';
import { KAFKA_USER } from '../helpers/kafka-properties.ts';
import { readTopic } from '../helpers/kafka-reader.ts';
import { makeKafkaSink } from '../helpers/kafka-sink.ts';
import { Scope, scopeOf } from '../helpers/scope.ts';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;
const scope = new Scope();
let cluster: KafkaCluster;

/** A sink that is started, and closed with the test. */
async function startSink(context: TestContext, config: object = {}): Promise<Sink> {
  const sink = makeKafkaSink({
    ...{ brokers: cluster.addresses(), timeout: '1s', delivery_timeout: '2s', format: 'raw' },
    ...config,
  });
  await sink.start();
  scopeOf(context).after(() => sink.close());
  return sink;
}

function send(sink: Sink, lines: readonly string[], job = 'test'): Promise<Outcome> {
  return sink.send(batchOf(partOf(testChunk(lines, testStream({ job })).chunk)), AbortSignal.timeout(20_000));
}

function noise(bytes: number): string {
  return Array.from({ length: bytes }, (_, n) =>
    String.fromCharCode(33 + ((n * 7919 + (n >> 5) * 104729) % 90)),
  ).join('');
}

async function valuesIn(topic: string): Promise<string[]> {
  return (await readTopic(cluster, topic)).map(({ value }) => value);
}

before(async context => {
  if (!hasKafka(context as TestContext)) return;
  cluster = await KafkaCluster.start(scope, {
    entrances: ['sasl'],
    settings: {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
      'allow.everyone.if.no.acl.found': true,
    },
  });
});
after(() => scope.close());

test('refuses a record over the limit once, and delivers those before and after it (R9)', async t => {
  if (!hasKafka(t)) return;
  await cluster.createTopic('small', 1, { 'max.message.bytes': '20000' });
  const sink = await startSink(t, { topic: 'small', compression: 'none' });
  const lines = ['before', noise(30_000), 'after', ...numbered('line', 5000)];
  const outcome = await send(sink, lines);
  assert.equal(outcome.kind, 'rejected', JSON.stringify(outcome));
  assert.deepEqual(
    outcome.kind === 'rejected' && outcome.refusals.map(({ kind, records }) => [kind, [...records]]),
    [['too_large', [1]]],
  );
  assert.deepEqual(await valuesIn('small'), lines.toSpliced(1, 1));
});

test('divides what only the broker knows to be too large, and finds the record (R9)', async t => {
  if (!hasKafka(t)) return;
  await cluster.createTopic('secret', 1, { 'max.message.bytes': '20000' });
  const principal = `User:${KAFKA_USER.username}`;
  await cluster.admin(admin =>
    admin.createAcls({
      acl: [
        {
          ...{ resourceType: AclResourceTypes.TOPIC, resourceName: 'secret', principal, host: '*' },
          ...{
            resourcePatternType: ResourcePatternTypes.LITERAL,
            permissionType: AclPermissionTypes.ALLOW,
          },
          operation: AclOperationTypes.WRITE,
        },
      ],
    }),
  );
  const sasl = { mechanism: 'plain', ...KAFKA_USER };
  const sink = await startSink(t, {
    topic: 'secret',
    brokers: cluster.addresses('sasl'),
    sasl,
    compression: 'none',
  });
  const lines = [...numbered('a', 2000), noise(30_000), ...numbered('b', 2000)];
  const outcome = await send(sink, lines);
  assert.equal(outcome.kind, 'rejected', JSON.stringify(outcome));
  assert.deepEqual(
    outcome.kind === 'rejected' && outcome.refusals.map(({ kind, records }) => [kind, [...records]]),
    [['too_large', [2000]]],
  );
  assert.deepEqual(await send(sink, ['next']), { kind: 'delivered' });
  assert.deepEqual(await valuesIn('secret'), [...lines.toSpliced(2000, 1), 'next']);
});

test('refuses a line of 100 MB and goes on', async t => {
  if (!hasKafka(t)) return;
  await cluster.createTopic('huge');
  const sink = await startSink(t, {
    topic: 'huge',
    compression: 'none',
    timeout: '10s',
    delivery_timeout: '10s',
  });
  const outcome = await send(sink, ['x'.repeat(100_000_000), 'next']);
  assert.equal(outcome.kind === 'rejected' && outcome.refusals[0]?.kind, 'too_large');
  assert.deepEqual(await valuesIn('huge'), ['next']);
});

test('says that a topic is missing, and delivers once it is there', async t => {
  if (!hasKafka(t)) return;
  const sink = await startSink(t, { topic: 'later' });
  const outcome = await send(sink, ['line']);
  assert.equal(outcome.kind, 'retry');
  assert.match(
    outcome.kind === 'retry' ? outcome.failure.message : '',
    /later: UNKNOWN_TOPIC.*create_topics/,
  );
  await cluster.createTopic('later');
  assert.deepEqual(await send(sink, ['line']), { kind: 'delivered' });
});

test('makes a topic that is missing, where it should', async t => {
  if (!hasKafka(t)) return;
  const sink = await startSink(t, { topic: 'made-{job}', create_topics: true });
  const outcomes = [await send(sink, ['one'], 'a/../b')];
  while (outcomes.at(-1)?.kind === 'retry') outcomes.push(await send(sink, ['one'], 'a/../b'));
  assert.deepEqual(outcomes.at(-1), { kind: 'delivered' });
  assert.deepEqual(await valuesIn('made-a_.._b'), ['one']);
});

test('keeps lines for a forbidden topic, says so, and delivers those for others', async t => {
  if (!hasKafka(t)) return;
  await cluster.createTopic('open');
  await cluster.createTopic('forbidden');
  await cluster.admin(admin =>
    admin.createAcls({
      acl: [
        {
          ...{
            resourceType: AclResourceTypes.TOPIC,
            resourceName: 'forbidden',
            principal: 'User:other',
            host: '*',
          },
          ...{
            resourcePatternType: ResourcePatternTypes.LITERAL,
            permissionType: AclPermissionTypes.ALLOW,
          },
          operation: AclOperationTypes.ALL,
        },
      ],
    }),
  );
  const sasl = { mechanism: 'plain', ...KAFKA_USER };
  const sink = await startSink(t, { topic: '{job}', brokers: cluster.addresses('sasl'), sasl });
  const parts = ['open', 'forbidden'].map(job => partOf(testChunk([`to ${job}`], testStream({ job })).chunk));
  const outcome = await sink.send(batchOf(...parts), AbortSignal.timeout(20_000));
  assert.equal(outcome.kind, 'retry', JSON.stringify(outcome));
  if (outcome.kind !== 'retry') return;
  assert.equal(outcome.failure.kind, 'unauthorized');
  assert.match(outcome.failure.message, /forbidden.*may not write/);
  assert.deepEqual([...(outcome.rest ?? [])], [1]);
  assert.deepEqual(await valuesIn('open'), ['to open']);
});

test('says that nobody listens at a wrong port', async t => {
  if (!hasKafka(t)) return;
  const sink = await startSink(t, { brokers: [`127.0.0.1:${await freePort()}`] });
  const outcome = await send(sink, ['line']);
  assert.equal(outcome.kind === 'retry' && outcome.failure.kind, 'network');
  assert.match(outcome.kind === 'retry' ? outcome.failure.message : '', /ECONNREFUSED/);
});

test('gives up on a broker that accepts and never answers, in bounded time', async t => {
  if (!hasKafka(t)) return;
  const server = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const sink = await startSink(t, { brokers: [`127.0.0.1:${port}`], timeout: '300ms' });
  const outcome = await send(sink, ['line']);
  assert.equal(outcome.kind === 'retry' && outcome.failure.kind, 'timeout');
  assert.match(outcome.kind === 'retry' ? outcome.failure.message : '', /no answer from 127.0.0.1/);
});

test('gives up on a broker that hangs, and has each line once when it goes on', async t => {
  if (!hasKafka(t)) return;
  await cluster.createTopic('hangs');
  const sink = await startSink(t, { topic: 'hangs', timeout: '500ms', delivery_timeout: '1s' });
  await send(sink, ['first']);
  await cluster.pause();
  const { chunk } = testChunk(numbered('line', 10), testStream({ job: 'hangs' }));
  const batch = { ...batchOf(partOf(chunk)), sequence: 2 };
  const outcome = await sink.send(batch, AbortSignal.timeout(20_000));
  assert.equal(outcome.kind === 'retry' && outcome.failure.kind, 'timeout', JSON.stringify(outcome));
  cluster.resume();
  assert.deepEqual(await sink.send({ ...batch, attempt: 2 }, AbortSignal.timeout(20_000)), {
    kind: 'delivered',
  });
  assert.deepEqual(await valuesIn('hangs'), ['first', ...numbered('line', 10)]);
});
