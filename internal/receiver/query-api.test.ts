import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LocalReceiver, NOW, startLocalReceiver, streamOf } from '../../test/helpers/local-receiver.ts';

interface QueryResult {
  readonly resultType: string;
  readonly result: readonly {
    readonly stream: Record<string, string>;
    readonly values: [string, string][];
  }[];
}

async function ask(loki: LocalReceiver, path: string, params: Record<string, string> = {}): Promise<unknown> {
  const response = await loki.get(`/loki/api/v1/${path}?${new URLSearchParams(params)}`);
  const body = (await response.json()) as { status: string; data: unknown };
  assert.equal(body.status, 'success');
  return body.data;
}

/** The lines of a query, in the order of the answer. */
async function lines(loki: LocalReceiver, params: Record<string, string>): Promise<string[]> {
  const end = String(NOW.sec + 1);
  const data = (await ask(loki, 'query_range', { end, ...params })) as QueryResult;
  return data.result.flatMap(({ values }) => values.map(([, line]) => line));
}

async function withTwoStreams(loki: LocalReceiver): Promise<void> {
  await loki.push(
    streamOf('{job="a", host="x"}', 'GET /one', 'POST /two', 'get /three'),
    streamOf('{job="b", host="x"}', 'other'),
  );
}

test('a range query answers in the shape of Loki: streams, times as text, newest first', async t => {
  const loki = await startLocalReceiver(t);
  await withTwoStreams(loki);
  const data = (await ask(loki, 'query_range', {
    query: '{job="a"}',
    end: String(NOW.sec + 1),
  })) as QueryResult;
  assert.equal(data.resultType, 'streams');
  assert.deepEqual(data.result, [
    {
      stream: { host: 'x', job: 'a', service_name: 'a' },
      values: [
        [`${NOW.sec}373000002`, 'get /three'],
        [`${NOW.sec}373000001`, 'POST /two'],
        [`${NOW.sec}373000000`, 'GET /one'],
      ],
    },
  ]);
});

test('line filters narrow it down: text and patterns, wanted and unwanted, one after the other', async t => {
  const loki = await startLocalReceiver(t);
  await withTwoStreams(loki);
  const found = (filters: string): Promise<string[]> =>
    lines(loki, { query: `{job="a"} ${filters}`, direction: 'forward' });
  assert.deepEqual(await found('|= "GET"'), ['GET /one']);
  assert.deepEqual(await found('!= "GET"'), ['POST /two', 'get /three']);
  assert.deepEqual(await found('|~ "(?i)^get"'), ['GET /one', 'get /three']);
  assert.deepEqual(await found('|~ `(?i)^get` !~ "t[a-z]ree$"'), ['GET /one']);
});

test('start is part of the range and end is not; limit takes the first in the direction asked for', async t => {
  const loki = await startLocalReceiver(t);
  await withTwoStreams(loki);
  const query = '{job="a"}';
  const [start, end] = [`${NOW.sec}373000001`, `${NOW.sec}373000002`];
  assert.deepEqual(await lines(loki, { query, start, end }), ['POST /two']);
  assert.deepEqual(await lines(loki, { query, limit: '1' }), ['get /three']);
  assert.deepEqual(await lines(loki, { query, limit: '2', direction: 'FORWARD' }), ['GET /one', 'POST /two']);
});

test('of very many entries the first are found, in order of time, whatever the order of arrival', async t => {
  const loki = await startLocalReceiver(t);
  const entries = Array.from({ length: 20_000 }, (_, i) => {
    const nanos = (i * 7919) % 20_000;
    return { sec: NOW.sec, nanos, line: String(nanos) };
  });
  await loki.push({ labels: '{job="a"}', entries });
  const first = await lines(loki, { query: '{job="a"}', direction: 'forward', limit: '3' });
  const last = await lines(loki, { query: '{job="a"}', limit: '3' });
  assert.deepEqual(
    [first, last],
    [
      ['0', '1', '2'],
      ['19999', '19998', '19997'],
    ],
  );
});

test('labels, their values and the series can be listed', async t => {
  const loki = await startLocalReceiver(t);
  await withTwoStreams(loki);
  assert.deepEqual(await ask(loki, 'labels'), ['host', 'job', 'service_name']);
  assert.deepEqual(await ask(loki, 'label/job/values'), ['a', 'b']);
  const series = await ask(loki, 'series', { 'match[]': '{job="b"}' });
  assert.deepEqual(series, [{ host: 'x', job: 'b', service_name: 'b' }]);
});

test('a query that is not understood is a 400 that says what is', async t => {
  const loki = await startLocalReceiver(t);
  for (const query of [
    '',
    'job="a"',
    '{job="a"} | json',
    '{job="a"} |~ "("',
    '{job="a"',
    'rate({job="a"}[1m])',
  ]) {
    const response = await loki.get(`/loki/api/v1/query_range?${new URLSearchParams({ query })}`);
    assert.equal(response.status, 400, query);
    assert.match(await response.text(), /^parse error: .+\n$/s);
  }
  for (const bad of ['start=x', 'end=x', 'limit=0', 'limit=x', 'direction=up']) {
    assert.equal((await loki.get(`/loki/api/v1/query_range?query={}&${bad}`)).status, 400, bad);
  }
});

test('the connection test of Grafana is answered', async t => {
  const loki = await startLocalReceiver(t);
  const data = (await ask(loki, 'query', { query: 'vector(1)+vector(1)' })) as QueryResult;
  assert.equal(data.resultType, 'vector');
});

test('requests that are no part of the API are refused, and the receiver goes on', async t => {
  const loki = await startLocalReceiver(t);
  assert.equal((await loki.get('/nothing')).status, 404);
  assert.equal((await loki.get('/loki/api/v1/label/%ff/values')).status, 400);
  assert.equal((await fetch(`${loki.url}/stats`, { method: 'PUT' })).status, 405);
  assert.equal((await loki.get('/sequence')).status, 404);
  assert.equal(await (await loki.get('/ready')).text(), 'ready\n');
});
