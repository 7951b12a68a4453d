import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApiServer } from '../../test/helpers/api-server.ts';
import { refusal } from './guard.ts';

const PATH = '/api/v1/dispatcher/copy_mode';
const TOKEN = 'correct-horse';

/** The status of a request that changes something, sent from loopback with these headers. */
type Try = (headers?: Record<string, string>) => Promise<number>;

async function guarded(context: Parameters<typeof startApiServer>[0], token?: string): Promise<Try> {
  const { ask } = await startApiServer(context, token);
  const change = { method: 'POST', body: '{"mode":"safe"}' };
  return async (headers = {}) => (await ask(PATH, { ...change, headers })).status;
}

test('with a token, a change needs it, even from this host', async context => {
  const status = await guarded(context, TOKEN);
  assert.equal(await status({ authorization: `Bearer ${TOKEN}` }), 200);
  assert.equal(await status({ authorization: `bearer ${TOKEN}` }), 200);
  for (const authorization of [
    `Bearer ${TOKEN}x`,
    'Bearer ',
    TOKEN,
    `Basic ${TOKEN}`,
    'Bearer correct',
    '',
  ]) {
    assert.equal(await status({ authorization }), 401, authorization);
  }
  assert.equal(await status(), 401);
});

test('a refusal for want of the token says how to give it', async context => {
  const { ask } = await startApiServer(context, TOKEN);
  const answer = await ask(PATH, { method: 'POST' });
  assert.equal(answer.headers['www-authenticate'], 'Bearer');
  assert.match(JSON.parse(answer.body).error, /Authorization: Bearer TOKEN/);
  assert.ok(!answer.body.includes(TOKEN));
});

test('what only tells needs no token', async context => {
  const { ask } = await startApiServer(context, TOKEN);
  for (const path of ['/metrics', '/health', '/ready', '/api/v1/status', '/api/v1/config']) {
    assert.equal((await ask(path)).status, 200, path);
  }
});

test('without a token, a change is taken from this host by its own name', async context => {
  const status = await guarded(context);
  for (const host of ['127.0.0.1:8001', 'localhost', 'LOCALHOST:8001', '[::1]:8001']) {
    assert.equal(await status({ host }), 200, host);
  }
});

test('without a token, a change is refused when it may come from elsewhere', async context => {
  const status = await guarded(context);
  assert.equal(await status({ host: 'rebound.example:8001' }), 403);
  assert.equal(await status({ host: 'localhost.example' }), 403);
  assert.equal(await status({ 'x-forwarded-for': '10.0.0.7' }), 403);
  assert.equal(await status({ forwarded: 'for=10.0.0.7' }), 403);
});

test('without a token, the address of the peer decides, not what it says of itself', () => {
  const from = (remoteAddress: string) =>
    refusal({ headers: { host: 'localhost' }, socket: { remoteAddress } }, undefined);
  for (const own of ['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1'])
    assert.equal(from(own), undefined, own);
  for (const other of ['10.0.0.7', '::ffff:10.0.0.7', 'fe80::1', '1127.0.0.1', '']) {
    assert.equal(from(other)?.status, 403, other);
  }
});

test('a change on behalf of another site is refused, with the token too', async context => {
  const status = await guarded(context, TOKEN);
  const authorization = `Bearer ${TOKEN}`;
  const host = 'agent:8001';
  assert.equal(await status({ authorization, host, origin: 'http://evil.example' }), 403);
  assert.equal(await status({ authorization, host, origin: 'null' }), 403);
  assert.equal(await status({ authorization, host, 'sec-fetch-site': 'cross-site' }), 403);
  assert.equal(await status({ authorization, host, 'sec-fetch-site': 'same-site' }), 403);
  assert.equal(await status({ authorization, host, origin: 'http://agent:8001' }), 200);
  assert.equal(await status({ authorization, host, 'sec-fetch-site': 'same-origin' }), 200);
});
