/** The Loki sink and the receiver that imitates Loki, over the wire. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { DEFAULT_LIMITS } from '../../internal/receiver/options.ts';
import type { LokiSinkOptions } from '../../internal/sinks/loki/options.ts';
import { LokiSink } from '../../internal/sinks/loki/sink.ts';
import { systemClock } from '../../pkg/clock/clock.ts';
import type { Batch } from '../../pkg/types/batch.ts';
import type { Outcome } from '../../pkg/types/outcome.ts';
import { batchOf, partOf } from '../helpers/batches.ts';
import { numbered, testChunk, testStream } from '../helpers/chunks.ts';
import { type LocalReceiver, NOW_MS, startLocalReceiver } from '../helpers/local-receiver.ts';

const DAY_MS = 24 * 3600 * 1000;

interface Pair {
  readonly loki: LocalReceiver;
  send(batch: Batch): Promise<Outcome>;
}

async function connect(
  t: TestContext,
  path = '/loki/api/v1/push',
  changes: Partial<LokiSinkOptions> = {},
): Promise<Pair> {
  const loki = await startLocalReceiver(t, { limits: { ...DEFAULT_LIMITS, rateBurstBytes: 64 << 20 } });
  const options = { name: 'loki', tenant: '', labels: {}, timeoutMs: 5000, workers: 1 };
  const sink = new LokiSink(
    { ...options, url: loki.url + path, encoding: 'protobuf', ...changes },
    { clock: systemClock, version: '0.0.0' },
  );
  t.after(() => sink.close());
  return { loki, send: batch => sink.send(batch, new AbortController().signal) };
}

function batch(lines: readonly string[], labels: Record<string, string>, nowMs = NOW_MS): Batch {
  return batchOf(partOf(testChunk(lines, testStream(labels), nowMs).chunk));
}

for (const encoding of ['protobuf', 'json'] as const)
  test(`${encoding}: a batch that is sent again is stored once`, async t => {
    const { loki, send } = await connect(t, undefined, { encoding });
    const lines = batch(['same', 'same', 'größe "x" \\ \u0001'], { job: encoding, v: 'a"\\\n\u0001' });
    assert.deepEqual(await send(lines), { kind: 'delivered' });
    assert.deepEqual(await send(lines), { kind: 'delivered' });
    const key = JSON.stringify({ job: encoding, service_name: encoding, v: 'a"\\\n\u0001' });
    assert.deepEqual(await loki.stored(), [`${key} same`, `${key} same`, `${key} größe "x" \\ \u0001`]);
  });

test('label names that Prometheus cannot parse do not cost the push', async t => {
  const { loki, send } = await connect(t);
  assert.equal((await send(batch(['x'], { 'com.docker/job-name': 'web', job: 'a' }))).kind, 'delivered');
  assert.match((await loki.stored())[0] ?? '', /"com_docker_job_name":"web"/);
});

test('the largest push that is not split beforehand is taken', async t => {
  const { loki, send } = await connect(t);
  for (const [bytes, count] of [
    [1000, 3950],
    [0, 80_000],
  ] as const) {
    const lines = Array.from({ length: count }, () => 'x'.repeat(bytes));
    assert.equal((await send(batch(lines, { job: `size-${bytes}` }))).kind, 'delivered');
  }
  assert.equal(loki.receiver.stats().lines, 83_950);
});

test("a refusal comes in Loki's own words", async t => {
  const { send } = await connect(t);
  const outcome = await send(batch(['too old'], { job: 'old' }, NOW_MS - 8 * DAY_MS));
  assert.match(
    outcome.kind === 'rejected' ? outcome.refusals[0]!.message : '',
    /^400: .* timestamp too old: /,
  );
});

test('a wrong path is an outage that a person ends, not a refusal', async t => {
  const { send } = await connect(t, '/push');
  const outcome = await send(batch(numbered('x', 3), { job: 'lost' }));
  assert.match(outcome.kind === 'retry' ? outcome.failure.message : '', /^405 \(.*check url\)/);
});
