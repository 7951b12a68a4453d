import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { type Clock, systemClock } from '../../pkg/clock/clock.ts';
import { ManualClock } from '../../pkg/clock/manual-clock.ts';
import { LcError } from '../../pkg/errors/errors.ts';
import { FakeAgent, startApiServer } from '../../test/helpers/api-server.ts';
import { MetricsRegistry } from '../metrics/registry.ts';
import { silentLogger } from '../selflog/logger.ts';
import { ApiServer } from './server.ts';

const PATH = '/api/v1/dispatcher/copy_mode';

function serverAt(host: string, port: number, clock: Clock = systemClock): ApiServer {
  const parts = { agent: new FakeAgent(), metrics: new MetricsRegistry(), log: silentLogger, clock };
  return new ApiServer({ enabled: true, host, port, token: undefined }, parts);
}

/** What comes back for raw bytes. */
async function raw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(bytes);
  return text(socket);
}

test('a port in use is an error that says what to do', async context => {
  const { port } = await startApiServer(context);
  const second = serverAt('127.0.0.1', port);
  await assert.rejects(second.start(), error => {
    assert.ok(error instanceof LcError);
    assert.equal(error.code, 'LC_SERVER_LISTEN');
    assert.match(error.advice ?? '', /set server\.port/);
    return true;
  });
  await second.close();
});

test('an address that the machine does not have is an error that says what to do', async () => {
  await assert.rejects(serverAt('192.0.2.1', 0).start(), {
    code: 'LC_SERVER_LISTEN',
    advice: /set server\.host/,
  });
});

test('a body of 64 KiB is read, a longer one is 413, sent with its length or without', async context => {
  const { ask } = await startApiServer(context);
  const padded = (bytes: number): string => '{"mode":"safe"}'.padEnd(bytes);
  const change = { method: 'POST' } as const;
  assert.equal((await ask(PATH, { ...change, body: padded(65_536) })).status, 200);
  assert.equal((await ask(PATH, { ...change, body: padded(65_537) })).status, 413);
  assert.equal((await ask(PATH, { ...change, body: padded(5_000_000) })).status, 413);
  const chunked = { 'transfer-encoding': 'chunked' };
  const answer = await ask(PATH, { ...change, headers: chunked, body: padded(5_000_000) });
  assert.equal(answer.status, 413);
  assert.match(JSON.parse(answer.body).error, /64 KiB/);
});

test('a connection goes on after a body that was too long', async context => {
  const { port } = await startApiServer(context);
  const long = `POST ${PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n${' '.repeat(100_000)}`;
  const answers = await raw(
    port,
    `${long}GET /ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
  );
  assert.match(answers, /^HTTP\/1\.1 413 [\s\S]*HTTP\/1\.1 200 OK/);
});

test('bytes that are not HTTP are answered in JSON', async context => {
  const { port } = await startApiServer(context);
  const answer = await raw(port, '\x16\x03\x01 hello\r\n\r\n');
  assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n[\s\S]*\{"error":"bad request"\}\n$/);
});

test('headers that are too long are refused', async context => {
  const { port } = await startApiServer(context);
  const answer = await raw(port, `GET /ready HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`);
  assert.match(answer, /^HTTP\/1\.1 431 [\s\S]*\{"error":"request header fields too large"\}\n$/);
});

test('a callback that throws is 500 without its message, and the server goes on', async context => {
  const { ask, agent } = await startApiServer(context);
  agent.status = () => {
    throw new Error('inner secret');
  };
  const answer = await ask('/api/v1/status');
  assert.equal(answer.status, 500);
  assert.ok(!answer.body.includes('inner secret'));
  assert.equal((await ask('/ready')).status, 200);
});

test('a client that goes away in the middle of its body does no harm', async context => {
  const { port, ask } = await startApiServer(context);
  const socket = connect(port, '127.0.0.1');
  socket.write(`POST ${PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf`);
  socket.end();
  await once(socket.resume(), 'close');
  assert.equal((await ask('/ready')).status, 200);
});

test('close cuts off a connection that says nothing, can be called twice, and frees the port', async () => {
  const clock = new ManualClock();
  const server = serverAt('127.0.0.1', 0, clock);
  await server.start();
  const port = server.address?.port ?? 0;
  const silent = connect(port, '127.0.0.1');
  await once(silent, 'connect');
  const cut = once(silent.resume(), 'close');
  const closed = Promise.all([server.close(), server.close()]);
  await clock.advance(1000);
  await Promise.all([closed, cut]);
  assert.equal(server.address, undefined);
  assert.equal(clock.armed, 0);
  const next = serverAt('127.0.0.1', port);
  await next.start();
  await next.close();
});

test('a server that was never started can be closed', async () => {
  await serverAt('127.0.0.1', 0).close();
});
