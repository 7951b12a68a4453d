/** The recorded answers of a real Loki that depend on the size, the rate or the number of what is pushed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_LIMITS } from '../../internal/receiver/options.ts';
import type { TestStream } from '../helpers/encode-push.ts';
import { startLocalReceiver, streamOf } from '../helpers/local-receiver.ts';

test('5 MB in one push: 500, and nothing is kept', async t => {
  const loki = await startLocalReceiver(t);
  const lines = Array.from({ length: 5000 }, (_, i) => `${i} ${'x'.repeat(1000)}`);
  const { status, text } = await loki.push(streamOf('{job="a"}', ...lines));
  assert.equal(status, 500);
  assert.match(
    text,
    /^rpc error: code = ResourceExhausted desc = grpc: received message larger than max \(51\d{5} vs\. 4194304\)\n$/,
  );
  assert.deepEqual(await loki.stored(), []);
});

test('over the rate: 429, nothing is kept, and later there is room again', async t => {
  const limits = { ...DEFAULT_LIMITS, rateBytes: 1000, rateBurstBytes: 1500 };
  const loki = await startLocalReceiver(t, { limits });
  assert.equal((await loki.push(streamOf('{job="a"}', 'x'.repeat(1500)))).status, 204);
  const { status, text } = await loki.push(
    streamOf('{job="a"}', 'y'.repeat(600)),
    streamOf('{job="b"}', 'z'),
  );
  assert.equal(status, 429);
  assert.equal(
    text,
    `ingestion rate limit exceeded for user fake (limit: 1000 bytes/sec) while attempting to ingest '2' lines totaling '601' bytes, reduce log volume or contact your Loki administrator to see if the limit can be increased\n`,
  );
  assert.equal((await loki.stored()).length, 1);
  await loki.clock.advance(1000);
  assert.equal((await loki.push(streamOf('{job="a"}', 'y'.repeat(600)))).status, 204);
});

test('6000 streams at once with 20 already there: 429, and 4980 of them are kept', async t => {
  const loki = await startLocalReceiver(t);
  const streams = (job: string, count: number): TestStream[] =>
    Array.from({ length: count }, (_, i) => streamOf(`{i="${i}", job="${job}"}`, 'x'));
  await loki.push(...streams('before', 20));
  const { status, text } = await loki.push(...streams('ms', 6000));
  assert.equal(status, 429);
  assert.match(
    text,
    /^maximum active stream limit exceeded when trying to create stream \{i="5999", job="ms", service_name="ms"\}, reduce the number of active streams .*\n$/,
  );
  assert.equal(loki.receiver.stats().lines, 5000);
  assert.equal(loki.receiver.stats().refused, 1020);
});
