import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LocalReceiver, startLocalReceiver, streamOf } from '../../test/helpers/local-receiver.ts';
import type { FaultRequest } from './faults.ts';

async function setFaults(loki: LocalReceiver, request: FaultRequest): Promise<void> {
  const response = await fetch(`${loki.url}/faults`, { method: 'POST', body: JSON.stringify(request) });
  assert.equal(response.status, 200, await response.text());
}

function clearFaults(loki: LocalReceiver): Promise<Response> {
  return fetch(`${loki.url}/faults`, { method: 'DELETE' });
}

const line = streamOf('{job="a"}', 'x');

test('the next pushes get the answer that was set, with its headers; those after them are taken', async t => {
  const loki = await startLocalReceiver(t, { faults: true });
  const headers = { 'retry-after': '7' };
  await setFaults(loki, { faults: [{ action: 'answer', status: 503, text: 'busy', headers, pushes: 2 }] });
  const response = await fetch(`${loki.url}/loki/api/v1/push`, { method: 'POST' });
  assert.equal(response.headers.get('retry-after'), '7');
  assert.deepEqual(await loki.push(line), { status: 503, text: 'busy\n' });
  assert.equal((await loki.push(line)).status, 204);
});

test('faults apply one after the other, and for as long as they were set', async t => {
  const loki = await startLocalReceiver(t, { faults: true });
  await setFaults(loki, {
    faults: [
      { action: 'answer', status: 500, pushes: 1 },
      { action: 'answer', status: 429, forMs: 5000 },
    ],
  });
  const statuses: number[] = [];
  for (let i = 0; i < 3; i++) statuses.push((await loki.push(line)).status);
  await loki.clock.advance(5000);
  statuses.push((await loki.push(line)).status);
  assert.deepEqual(statuses, [500, 429, 429, 204]);
});

test('a push may be stored and still be answered with an error, or not at all', async t => {
  const loki = await startLocalReceiver(t, { faults: true });
  await setFaults(loki, {
    faults: [
      { action: 'store_then_answer', status: 500, pushes: 1 },
      { action: 'store_then_cut', pushes: 1 },
      { action: 'cut', pushes: 1 },
    ],
  });
  assert.equal((await loki.push(streamOf('{job="a"}', 'answered'))).status, 500);
  await assert.rejects(loki.push(streamOf('{job="a"}', 'cut')));
  await assert.rejects(loki.push(streamOf('{job="a"}', 'lost')));
  assert.deepEqual(
    (await loki.stored()).map(text => text.split(' ')[1]),
    ['answered', 'cut'],
  );
});

test('a delayed push is taken when its time has come', async t => {
  const loki = await startLocalReceiver(t, { faults: true });
  await setFaults(loki, { faults: [{ action: 'pass', delayMs: 1000, pushes: 1 }] });
  const pushed = loki.push(line);
  while (loki.clock.armed === 0) await new Promise(resolve => setImmediate(resolve));
  assert.equal(loki.receiver.stats().lines, 0);
  await loki.clock.advance(1000);
  assert.equal((await pushed).status, 204);
});

test('a push that hangs is let go when the faults are cleared', async t => {
  const loki = await startLocalReceiver(t, { faults: true });
  await setFaults(loki, { faults: [{ action: 'hang' }] });
  const hanging = assert.rejects(loki.push(line));
  assert.equal(((await (await loki.get('/stats?after=0')).json()) as { pushes: number }).pushes, 1);
  await clearFaults(loki);
  await hanging;
  assert.equal((await loki.push(line)).status, 204);
});

test('a push that hangs does not keep the receiver from closing', async t => {
  const loki = await startLocalReceiver(t, { faults: true });
  await setFaults(loki, { faults: [{ action: 'hang' }] });
  const hanging = assert.rejects(loki.push(line));
  await loki.get('/stats?after=0');
  await loki.receiver.close();
  await hanging;
});

test('limits can be changed, and are back as they were when faults are cleared', async t => {
  const loki = await startLocalReceiver(t, { faults: true });
  await setFaults(loki, { limits: { maxLineBytes: 3 } });
  assert.equal((await loki.push(streamOf('{job="a"}', 'long'))).status, 400);
  await clearFaults(loki);
  assert.equal((await loki.push(streamOf('{job="a"}', 'long'))).status, 204);
});

test('the rate of one stream can be limited: none of what is above it is taken, with a 429', async t => {
  const loki = await startLocalReceiver(t, { faults: true });
  await setFaults(loki, { limits: { streamRateBytes: 10, streamRateBurstBytes: 10 } });
  const { status, text } = await loki.push(streamOf('{job="a"}', 'x'.repeat(8), 'y'.repeat(8)));
  assert.equal(status, 429);
  assert.match(
    text,
    /Per stream rate limit exceeded \(limit: 10B\/sec\) .*\nuser 'fake', total ignored: 2 out of 2 for stream: /s,
  );
  assert.equal(loki.receiver.stats().lines, 0);
});

test('what is set can be seen, and what is wrong is refused', async t => {
  const loki = await startLocalReceiver(t, { faults: true });
  await setFaults(loki, { faults: [{ action: 'cut', pushes: 3 }] });
  const shown = (await (await loki.get('/faults')).json()) as { faults: { action: string; left: number }[] };
  assert.deepEqual(
    shown.faults.map(({ action, left }) => ({ action, left })),
    [{ action: 'cut', left: 3 }],
  );
  for (const body of ['', '{', '[]', '{"faults":[{"action":"explode"}]}', '{"limits":{"maxLineBytes":-1}}']) {
    assert.equal((await fetch(`${loki.url}/faults`, { method: 'POST', body })).status, 400, body);
  }
});

test('without the option there are no faults', async t => {
  const loki = await startLocalReceiver(t);
  assert.equal((await fetch(`${loki.url}/faults`, { method: 'POST', body: '{}' })).status, 404);
});
