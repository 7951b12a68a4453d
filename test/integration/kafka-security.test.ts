/** Logging in and TLS before a real broker, and what is said when they are set up wrongly. */
import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import type { Outcome } from '../../pkg/types/outcome.ts';
import { batchOf, partOf } from '../helpers/batches.ts';
import { numbered, testChunk } from '../helpers/chunks.ts';
import { KafkaCluster } from '../helpers/kafka-cluster.ts';
import { hasKafka } from '../helpers/kafka-jars.ts';
import { type Entrance, KAFKA_USER } from '../helpers/kafka-properties.ts';
import { makeKafkaSink } from '../helpers/kafka-sink.ts';
import { Scope } from '../helpers/scope.ts';
import { tlsFile } from '../helpers/tls-files.ts';

const CA = { ca: tlsFile('authority.pem') };
const SASL = { mechanism: 'scram-sha-512', ...KAFKA_USER };
const scope = new Scope();
let cluster: KafkaCluster | undefined;

/** Sends one batch through an entrance of the broker. */
async function sendThrough(
  context: TestContext,
  entrance: Entrance,
  config: object,
): Promise<Outcome | undefined> {
  if (!hasKafka(context)) return undefined;
  const sink = makeKafkaSink({
    ...{ brokers: cluster!.addresses(entrance), timeout: '2s', delivery_timeout: '3s' },
    ...config,
  });
  try {
    await sink.start();
    const outcome = await sink.send(
      batchOf(partOf(testChunk(numbered('line', 10)).chunk)),
      AbortSignal.timeout(20_000),
    );
    assert.equal(sink.health().status, outcome.kind === 'delivered' ? 'ok' : 'degraded');
    return outcome;
  } finally {
    await sink.close();
  }
}

function assertFailed(outcome: Outcome | undefined, kind: string, words: RegExp): void {
  if (outcome === undefined) return;
  assert.equal(outcome.kind, 'retry', JSON.stringify(outcome));
  if (outcome.kind !== 'retry') return;
  assert.match(outcome.failure.message, words);
  assert.equal(outcome.failure.kind, kind, outcome.failure.message);
  assert.equal(outcome.rest, undefined, 'the sink failed as a whole');
}

before(async context => {
  if (!hasKafka(context as TestContext)) return;
  cluster = await KafkaCluster.start(scope, { entrances: ['sasl', 'tls', 'mtls', 'sasl_tls'] });
  await cluster.createTopic('logs', 2);
});
after(() => scope.close());

const good: Record<string, [Entrance, object]> = {
  'SASL plain': ['sasl', { sasl: { ...SASL, mechanism: 'plain' } }],
  'SASL scram-sha-256': ['sasl', { sasl: { ...SASL, mechanism: 'scram-sha-256' } }],
  'SASL scram-sha-512': ['sasl', { sasl: SASL }],
  TLS: ['tls', { tls: CA }],
  'TLS with a certificate of our own': [
    'mtls',
    { tls: { ...CA, cert: tlsFile('client.pem'), key: tlsFile('client.key') } },
  ],
  'TLS that is not verified': ['tls', { tls: { insecure_skip_verify: true } }],
  'SASL over TLS': ['sasl_tls', { sasl: SASL, tls: CA }],
};
for (const [name, [entrance, config]] of Object.entries(good))
  test(`delivers with ${name}`, async t => {
    const outcome = await sendThrough(t, entrance, config);
    if (outcome !== undefined) assert.deepEqual(outcome, { kind: 'delivered' });
  });

const bad: Record<string, [Entrance, object, string, RegExp]> = {
  'a wrong password': [
    'sasl',
    { sasl: { ...SASL, password: 'x' } },
    'unauthorized',
    /check sasl of the sink/,
  ],
  'an unknown user': [
    'sasl_tls',
    { tls: CA, sasl: { ...SASL, mechanism: 'plain', username: 'x' } },
    'unauthorized',
    /check sasl of the sink/,
  ],
  'no login where one is asked for': ['sasl', {}, 'network', /expect TLS or SASL/],
  'a login where none is asked for': ['plain', { sasl: SASL }, 'unauthorized', /check sasl/],
  'TLS to a plain listener': ['plain', { tls: CA }, 'tls', /is it a TLS listener/],
  'no TLS to a TLS listener': ['tls', {}, 'network', /expect TLS or SASL/],
  'an authority that is not ours': ['tls', { tls: { ca: tlsFile('stranger.pem') } }, 'tls', /certificate/],
  'another name than in the certificate': [
    'tls',
    { tls: { ...CA, server_name: 'other.test' } },
    'tls',
    /other\.test/,
  ],
  'no certificate where one is asked for': ['mtls', { tls: CA }, 'tls', /certificate/],
};
for (const [name, [entrance, config, kind, words]] of Object.entries(bad))
  test(`says what is wrong with ${name}`, async t => {
    assertFailed(await sendThrough(t, entrance, config), kind, words);
  });
