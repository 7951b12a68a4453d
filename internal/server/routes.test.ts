import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApiServer } from '../../test/helpers/api-server.ts';
import { parseExposition } from '../metrics/exposition.ts';

test('GET /metrics is a scrape that a strict parser reads', async context => {
  const { ask, metrics } = await startApiServer(context);
  metrics.counter('dispatcher_retries_total', { sink: 'loki' }).inc(4);
  const { status, headers, body } = await ask('/metrics');
  assert.equal(status, 200);
  assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  const found = parseExposition(body).find(({ name }) => name === 'log_capturer_dispatcher_retries_total');
  assert.deepEqual(found?.labels, { sink: 'loki' });
  assert.equal(found?.value, 4);
});

test('GET /health tells of every component; only a failed one makes it 503', async context => {
  const { ask, agent } = await startApiServer(context);
  const ok = { status: 'ok', sinceMs: 0 } as const;
  assert.deepEqual(JSON.parse((await ask('/health')).body), { status: 'ok', components: {} });

  agent.components = { queue: ok, loki: { status: 'degraded', sinceMs: 1000, reason: 'No answer.' } };
  const degraded = await ask('/health');
  assert.equal(degraded.status, 200);
  assert.deepEqual(JSON.parse(degraded.body), {
    status: 'degraded',
    components: {
      queue: { status: 'ok', since: '1970-01-01T00:00:00.000Z' },
      loki: { status: 'degraded', reason: 'No answer.', since: '1970-01-01T00:00:01.000Z' },
    },
  });

  agent.components = { ...agent.components, positions: { status: 'failed', sinceMs: 0, reason: 'Stuck.' } };
  const failed = await ask('/health');
  assert.equal(failed.status, 503);
  assert.equal(JSON.parse(failed.body).status, 'failed');
});

test('GET /ready is 503 until the agent is ready', async context => {
  const { ask, agent } = await startApiServer(context);
  assert.equal((await ask('/ready')).status, 200);
  agent.ready = false;
  const answer = await ask('/ready');
  assert.equal(answer.status, 503);
  assert.deepEqual(JSON.parse(answer.body), { ready: false });
});

test('GET /api/v1/status and /api/v1/config tell what the agent says, secrets masked', async context => {
  const { ask } = await startApiServer(context);
  assert.deepEqual(JSON.parse((await ask('/api/v1/status')).body), { queue: { records: 3 } });
  assert.deepEqual(JSON.parse((await ask('/api/v1/config')).body), { server: { token: '***' } });
});

test('POST /api/v1/dispatcher/copy_mode switches and says what it did', async context => {
  const { ask, agent } = await startApiServer(context);
  const answer = await ask('/api/v1/dispatcher/copy_mode', { method: 'POST', body: '{"mode":"optimized"}' });
  assert.equal(answer.status, 200);
  assert.deepEqual(JSON.parse(answer.body), { mode: 'optimized', sinks: ['loki'] });
  assert.equal(agent.mode, 'optimized');
});

for (const body of ['', 'safe', '{"mode":"fast"}', '{}', 'null', '[]', '{"mode":["safe"]}', '{']) {
  test(`POST /api/v1/dispatcher/copy_mode refuses ${JSON.stringify(body)}`, async context => {
    const { ask, agent } = await startApiServer(context);
    const answer = await ask('/api/v1/dispatcher/copy_mode', { method: 'POST', body });
    assert.equal(answer.status, 400);
    assert.match(JSON.parse(answer.body).error, /expected \{"mode": "safe"\}/);
    assert.equal(agent.mode, 'safe');
  });
}

for (const order of ['replay', 'purge']) {
  test(`POST /api/v1/dlq/${order} hands the request on and answers what was done`, async context => {
    const { ask } = await startApiServer(context);
    const done = await ask(`/api/v1/dlq/${order}`, { method: 'POST', body: '{}' });
    assert.deepEqual([done.status, JSON.parse(done.body)], [200, { order, records: 3 }]);
    const refused = await ask(`/api/v1/dlq/${order}`, { method: 'POST', body: 'bad' });
    assert.equal(refused.status, 400);
  });
}

test('a reload says what it did, and 422 when the config is bad', async context => {
  const { ask, agent } = await startApiServer(context);
  const good = await ask('/api/v1/reload', { method: 'POST' });
  assert.deepEqual([good.status, JSON.parse(good.body)], [200, { result: 'applied' }]);
  agent.reloads = 'failed';
  const bad = await ask('/api/v1/reload', { method: 'POST' });
  assert.deepEqual([bad.status, JSON.parse(bad.body)], [422, { result: 'failed' }]);
});

test('GET /api/v1/explain hands its target on, and needs one', async context => {
  const { ask } = await startApiServer(context);
  const answer = await ask(`/api/v1/explain?target=${encodeURIComponent('/var/log/a b&c.log')}`);
  assert.deepEqual([answer.status, JSON.parse(answer.body)], [200, { target: '/var/log/a b&c.log' }]);
  for (const path of ['/api/v1/explain', '/api/v1/explain?target=', '/api/v1/explain?target']) {
    assert.equal((await ask(path)).status, 400, path);
  }
});

test('an unknown path is 404, in JSON', async context => {
  const { ask } = await startApiServer(context);
  for (const path of ['/page.html', '/metrics/', '/api/v1', '/../metrics', '//metrics', '/__proto__']) {
    const answer = await ask(path);
    assert.equal(answer.status, 404, path);
    assert.deepEqual(JSON.parse(answer.body), { error: 'unknown path' });
  }
});

test('a query is not part of the path', async context => {
  const { ask } = await startApiServer(context);
  assert.equal((await ask('/ready?verbose=1')).status, 200);
});

test('a wrong method is 405 and told which are right', async context => {
  const { ask } = await startApiServer(context);
  const deleted = await ask('/metrics', { method: 'DELETE' });
  assert.equal(deleted.status, 405);
  assert.equal(deleted.headers.allow, 'GET, HEAD');
  const got = await ask('/api/v1/reload');
  assert.equal(got.status, 405);
  assert.equal(got.headers.allow, 'POST');
});

test('HEAD has the headers of GET and no body', async context => {
  const { ask } = await startApiServer(context);
  const head = await ask('/api/v1/status', { method: 'HEAD' });
  const get = await ask('/api/v1/status');
  assert.equal(head.status, 200);
  assert.equal(head.body, '');
  assert.equal(head.headers['content-length'], get.headers['content-length']);
});
