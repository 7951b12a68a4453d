/** The Loki sink and the receiver that imitates Loki, over the wire. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchOf } from '../helpers/batches.ts';
import { numbered } from '../helpers/chunks.ts';
import { connectLoki, linesAt } from '../helpers/loki-pair.ts';
import { makeLokiSink } from '../helpers/loki-sink.ts';
import { PushServer } from '../helpers/push-server.ts';

for (const encoding of ['protobuf', 'json'] as const)
  test(`${encoding}: a batch that is sent again is stored once`, async t => {
    const { loki, send } = await connectLoki(t, { sink: { encoding } });
    const labels = { job: encoding, v: 'a"\\\n\u0001' };
    const batch = batchOf(linesAt(labels, ['same', 'same', 'größe "x" \\ \u0001']));
    assert.deepEqual(await send(batch), { kind: 'delivered' });
    assert.deepEqual(await send(batch), { kind: 'delivered' });
    const key = JSON.stringify({ job: encoding, service_name: encoding, v: 'a"\\\n\u0001' });
    assert.deepEqual(await loki.stored(), [`${key} same`, `${key} same`, `${key} größe "x" \\ \u0001`]);
  });

test('label names that Prometheus cannot parse do not cost the push', async t => {
  const { loki, send } = await connectLoki(t);
  const batch = batchOf(linesAt({ 'com.docker/job-name': 'web', job: 'a' }, ['x']));
  assert.equal((await send(batch)).kind, 'delivered');
  assert.match((await loki.stored())[0] ?? '', /"com_docker_job_name":"web"/);
});

test('the largest push that is not divided beforehand is taken', async t => {
  const { loki, send } = await connectLoki(t);
  for (const [bytes, count] of [
    [1000, 3950],
    [0, 80_000],
  ] as const) {
    const lines = Array.from({ length: count }, () => 'x'.repeat(bytes));
    assert.equal((await send(batchOf(linesAt({ job: `size-${bytes}` }, lines)))).kind, 'delivered');
  }
  assert.equal(loki.receiver.stats().lines, 83_950);
  assert.equal(loki.receiver.stats().pushes, 2);
});

test('a push that is too large is divided before it is sent, down to a single record', async t => {
  const { loki, send } = await connectLoki(t, { limits: { maxLineBytes: 0 }, sink: { max_line_bytes: 0 } });
  const lines = [...Array.from({ length: 90_000 }, () => ''), 'x'.repeat(5 << 20)];
  const outcome = await send(batchOf(linesAt({ job: 'large' }, lines)));
  assert.deepEqual(
    outcome.kind === 'rejected' && outcome.refusals.map(({ kind, records }) => [kind, ...records]),
    [['too_large', 90_000]],
  );
  assert.equal(loki.receiver.stats().lines, 90_000);
});

test('a push that its ingester finds too large is divided and delivered', async t => {
  const { loki, send } = await connectLoki(t, { limits: { maxMessageBytes: 50_000 } });
  const outcome = await send(batchOf(linesAt({ job: 'large' }, numbered('x'.repeat(500), 300))));
  assert.deepEqual(outcome, { kind: 'delivered' });
  assert.equal(loki.receiver.stats().lines, 300);
});

test('a wrong path is an outage that a person ends, not a refusal', async t => {
  const { send } = await connectLoki(t, { path: '/push' });
  const outcome = await send(batchOf(linesAt({ job: 'lost' }, numbered('x', 3))));
  assert.match(outcome.kind === 'retry' ? outcome.failure.message : '', /^405 \(.*check url\)/);
});

test('streams that became one keep equal lines that were read at the same time', async t => {
  const { loki, send } = await connectLoki(t, { sink: { structured_metadata: ['filename'] } });
  const parts = ['/a', '/b', '/c'].map(filename =>
    linesAt({ filename, job: 'merged' }, ['started', 'ready']),
  );
  assert.deepEqual(await send(batchOf(...parts)), { kind: 'delivered' });
  assert.equal(loki.receiver.stats().lines, 6);
  assert.deepEqual(await send(batchOf(...parts)), { kind: 'delivered' });
  assert.equal(loki.receiver.stats().lines, 6);
});

test('each tenant gets pushes of its own; a stream that names none is refused', async t => {
  const server = await PushServer.listen();
  t.after(() => server.close());
  const sink = makeLokiSink({ url: server.url, tenant: '{team}' });
  t.after(() => sink.close());
  const parts = ['a', '../b', 'c', 'a'].map((team, n) => linesAt({ team, n: String(n) }, ['x']));
  const outcome = await sink.send(batchOf(...parts), new AbortController().signal);
  assert.deepEqual(outcome.kind === 'rejected' && outcome.refusals.map(({ records }) => [...records]), [[1]]);
  assert.deepEqual(server.pushes.map(({ headers }) => headers['x-scope-orgid']).sort(), ['a', 'c']);
});

test('lines and labels above the limits are dealt with before Loki is asked', async t => {
  const { loki, send } = await connectLoki(t, { sink: { on_long_line: 'truncate' } });
  const labels = {
    ...Object.fromEntries(numbered('l', 20).map(name => [name, 'v'])),
    long: 'y'.repeat(3000),
  };
  assert.deepEqual(await send(batchOf(linesAt(labels, ['x'.repeat(300_000), 'good']))), {
    kind: 'delivered',
  });
  assert.deepEqual(
    (await loki.stored()).map(line => line.length - line.indexOf('} ') - 2),
    [262_144, 4],
  );
});

test('20 000 values of a label: Loki gets a bounded number of streams, and every line', async t => {
  const { loki, send } = await connectLoki(t, { sink: { max_streams: 1000 } });
  for (let from = 0; from < 20_000; from += 5000) {
    const parts = Array.from({ length: 5000 }, (_, n) =>
      linesAt({ id: String(from + n), job: 'web' }, ['x']),
    );
    assert.deepEqual(await send(batchOf(...parts)), { kind: 'delivered' });
  }
  const stats = loki.receiver.stats();
  assert.ok(stats.streams <= 1000, `${stats.streams} streams`);
  assert.equal(stats.lines, 20_000);
});
