import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ManualClock } from '../../../pkg/clock/manual-clock.ts';
import { LcError } from '../../../pkg/errors/errors.ts';
import type { Outcome } from '../../../pkg/types/outcome.ts';
import { batchOf, partOf } from '../../../test/helpers/batches.ts';
import { testChunk } from '../../../test/helpers/chunks.ts';
import { decodePush } from '../../../test/helpers/decode-push.ts';
import { makeLokiSink } from '../../../test/helpers/loki-sink.ts';
import { PushServer } from '../../../test/helpers/push-server.ts';
import type { LokiSink } from './sink.ts';

const signal = new AbortController().signal;

function makeSink(config: Readonly<Record<string, unknown>> = {}, clock = new ManualClock()): LokiSink {
  return makeLokiSink({ url: 'http://127.0.0.1:9/push', ...config }, { clock, version: '1.2.3' });
}

async function listen(t: TestContext): Promise<PushServer> {
  const server = await PushServer.listen();
  t.after(() => server.close());
  return server;
}

function sendLines(sink: LokiSink, ...lines: string[]): Promise<Outcome> {
  return sink.send(batchOf(partOf(testChunk(lines).chunk)), signal);
}

test('a push says who sends it, for which tenant, and in which form', async t => {
  const server = await listen(t);
  for (const encoding of ['protobuf', 'json'] as const) {
    const sink = makeSink({ url: server.url, encoding, tenant: 'team-a', labels: { host: 'h' } });
    await sendLines(sink, 'x');
    await sink.close();
  }
  const [protobuf, json] = server.pushes;
  assert.ok(protobuf && json);
  assert.equal(protobuf.headers['user-agent'], 'log-capturer/1.2.3');
  assert.equal(protobuf.headers['x-scope-orgid'], 'team-a');
  assert.equal(protobuf.headers['content-type'], 'application/x-protobuf');
  assert.equal(protobuf.headers['content-encoding'], undefined);
  assert.equal(json.headers['content-type'], 'application/json');
  assert.equal(json.headers['content-encoding'], 'gzip');
  assert.equal(decodePush('application/x-protobuf', protobuf.body)[0]?.labels, '{host="h", job="test"}');
});

test('credentials go into the header, and no tenant into none', async t => {
  const server = await listen(t);
  const auths = [{ basic: { user: 'üser', password: 'pass:word' } }, { bearer: 't0ken' }];
  for (const auth of auths) {
    const sink = makeSink({ url: server.url, auth });
    await sendLines(sink, 'x');
    await sink.close();
  }
  assert.deepEqual(
    server.pushes.map(({ headers }) => headers.authorization),
    [`Basic ${Buffer.from('üser:pass:word').toString('base64')}`, 'Bearer t0ken'],
  );
  assert.equal(server.pushes[0]?.headers['x-scope-orgid'], undefined);
});

test('what no header can carry is an error that does not show it', () => {
  for (const options of [{ tenant: 'a\r\nb' }, { auth: { bearer: 's3cret\n' } }])
    assert.throws(
      () => makeSink(options),
      error => error instanceof LcError && error.code === 'LC_SINK_START' && !/s3cret/.test(error.message),
    );
});

test('a batch without records is delivered without a request', async () => {
  assert.deepEqual(await makeSink().send(batchOf(), signal), { kind: 'delivered' });
});

test('health tells the last failure, and since when', async t => {
  const server = await listen(t);
  const clock = new ManualClock(1_000_000);
  const sink = makeSink({ url: server.url }, clock);
  t.after(() => sink.close());
  server.respond = response => response.writeHead(503).end('one');
  clock.jumpWall(1000);
  await sendLines(sink, 'x');
  clock.jumpWall(1000);
  server.respond = response => response.writeHead(503).end('two');
  await sendLines(sink, 'x');
  assert.deepEqual(sink.health(), { status: 'degraded', sinceMs: 1_001_000, reason: '503: two' });
  server.respond = response => response.writeHead(204).end();
  await sendLines(sink, 'x');
  assert.deepEqual(sink.health(), { status: 'ok', sinceMs: 1_002_000 });
});
