import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { ManualClock } from '../../../pkg/clock/manual-clock.ts';
import type { Reply } from './exchange.ts';
import { HttpClient } from './http.ts';
import { Authorization } from './request-headers.ts';

const BODY = Buffer.from('the body');
const PUSH = { body: BODY, tenant: '' };
const NO_CONTENT = 'HTTP/1.1 204 No Content\r\n\r\n';
const never = [new AbortController().signal];

interface Peer {
  readonly client: HttpClient;
  readonly clock: ManualClock;
  readonly server: Server;
  /** Resolves with the next connection. */
  connection(): Promise<Socket>;
}

/** A client with a timeout of one second, and a server whose every byte the test decides. */
async function peer(t: TestContext): Promise<Peer> {
  const sockets = new Set<Socket>();
  const server = createServer(socket => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const clock = new ManualClock();
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/push`);
  const client = new HttpClient(
    {
      url,
      headers: {},
      authorization: new Authorization(undefined),
      tls: undefined,
      connections: 2,
      timeoutMs: 1000,
    },
    { clock, env: {}, onFileFailure: error => assert.fail(String(error)) },
  );
  t.after(async () => {
    client.close();
    for (const socket of sockets) socket.destroy();
    await new Promise(resolve => server.close(resolve));
    assert.equal(clock.armed, 0);
  });
  const connection = async (): Promise<Socket> => (await once(server, 'connection'))[0] as Socket;
  return { client, clock, server, connection };
}

/** Reads from `socket` until the whole request is there; gives its text. */
async function request(socket: Socket): Promise<string> {
  let text = '';
  while (!text.endsWith(BODY.toString())) text += String((await once(socket, 'data'))[0]);
  return text;
}

/** Resolves when `socket` is gone, however it went. */
function closed(socket: Socket): Promise<void> {
  return new Promise(resolve => socket.once('close', () => resolve()));
}

function failureOf(reply: Reply): string {
  return 'failure' in reply
    ? `${reply.failure.kind}: ${reply.failure.message}`
    : `answer ${reply.answer.status}`;
}

test('a request is one POST with the length of its body, and the connection is used again', async t => {
  const { client, connection } = await peer(t);
  const arriving = connection();
  const first = client.post(PUSH, never);
  const socket = await arriving;
  const text = await request(socket);
  assert.match(text, /^POST \/push HTTP\/1.1\r\n/);
  assert.match(text, /\r\ncontent-length: 8\r\n/i);
  socket.write(NO_CONTENT);
  assert.equal(failureOf(await first), 'answer 204');
  const second = client.post(PUSH, never);
  await request(socket);
  socket.write(
    'HTTP/1.1 429 Slow\r\nretry-after: 3\r\ncontent-type: text/plain\r\ncontent-length: 4\r\n\r\nwait',
  );
  const expected = { status: 429, text: 'wait', isCut: false, contentType: 'text/plain', retryAfter: '3' };
  assert.deepEqual(await second, { answer: expected });
});

test('a connection that was closed while it was idle is not blamed: the same bytes go out again', async t => {
  const { client, connection } = await peer(t);
  let arriving = connection();
  const first = client.post(PUSH, never);
  const old = await arriving;
  await request(old);
  old.write(NO_CONTENT);
  await first;
  arriving = connection();
  const second = client.post(PUSH, never);
  const lost = await request(old);
  old.resetAndDestroy();
  const fresh = await arriving;
  assert.equal(await request(fresh), lost);
  fresh.write(NO_CONTENT);
  assert.equal(failureOf(await second), 'answer 204');
});

test('a fresh connection that is cut is a failure', async t => {
  const { client, connection } = await peer(t);
  const arriving = connection();
  const reply = client.post(PUSH, never);
  const socket = await arriving;
  await request(socket);
  socket.destroy();
  assert.equal(failureOf(await reply), 'network: socket hang up, while waiting for the answer');
});

test('a server that never answers is given up at the timeout', async t => {
  const { client, clock, connection } = await peer(t);
  const arriving = connection();
  const reply = client.post(PUSH, never);
  await request(await arriving);
  await clock.advance(1000);
  assert.equal(failureOf(await reply), 'timeout: no answer within 1000 ms, while waiting for the answer');
});

test('the status of a server that never ends its answer stands', async t => {
  const { client, clock, connection } = await peer(t);
  const arriving = connection();
  const reply = client.post(PUSH, never);
  const socket = await arriving;
  await request(socket);
  socket.write('HTTP/1.1 400 Bad\r\ncontent-length: 100\r\n\r\ntoo old');
  const gone = closed(socket);
  let isSettled = false;
  void reply.then(() => (isSettled = true));
  while (!isSettled) await clock.advance(100);
  const settled = await reply;
  assert.equal('answer' in settled && settled.answer.text, 'too old');
  socket.resume();
  await gone;
});

test('of an answer without end 256 KiB are read, then the connection is cut', async t => {
  const { client, connection } = await peer(t);
  const arriving = connection();
  const reply = client.post(PUSH, never);
  const socket = await arriving;
  await request(socket);
  const gone = closed(socket);
  socket.write('HTTP/1.1 500 Oops\r\ntransfer-encoding: chunked\r\n\r\n');
  const piece = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
  const pour = (): void => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.on('drain', pour);
  pour();
  const settled = await reply;
  assert.ok('answer' in settled && settled.answer.status === 500);
  assert.ok(settled.answer.text.length >= 0x40000 && settled.answer.text.length < 0x80000);
  assert.ok(settled.answer.isCut);
  await gone;
});

test('an answer that comes before the body was read counts, and the connection is not used again', async t => {
  const { client, connection } = await peer(t);
  const arriving = connection();
  const reply = client.post({ ...PUSH, body: Buffer.alloc(64 << 20) }, never);
  const socket = await arriving;
  await once(socket, 'data');
  socket.pause();
  socket.write('HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n');
  assert.equal(failureOf(await reply), 'answer 413');
  const gone = closed(socket);
  socket.resume();
  await gone;
});

test('what is not HTTP is a failure in words', async t => {
  const { client, connection } = await peer(t);
  const arriving = connection();
  const reply = client.post(PUSH, never);
  const socket = await arriving;
  await request(socket);
  socket.end('SSH-2.0-OpenSSH_9.2\r\n');
  assert.match(failureOf(await reply), /^network: Parse Error: .*, while waiting for the answer$/);
});

test('nobody there is a failure with the address', async t => {
  const { client, server } = await peer(t);
  await new Promise(resolve => server.close(resolve));
  assert.match(
    failureOf(await client.post(PUSH, never)),
    /^network: connect ECONNREFUSED 127.*, while connecting$/,
  );
});

test('an abort ends the request, and leaves nothing behind', async t => {
  const { client, connection } = await peer(t);
  const stop = new AbortController();
  const arriving = connection();
  const reply = client.post(PUSH, [stop.signal]);
  const socket = await arriving;
  await request(socket);
  const gone = closed(socket);
  stop.abort();
  assert.equal(failureOf(await reply), 'aborted: the send was given up');
  assert.equal(getEventListeners(stop.signal, 'abort').length, 0);
  await gone;
});

test('closing ends what is under way, what waits for a connection, and connections that are idle', async t => {
  const { client, connection } = await peer(t);
  let arriving = connection();
  const first = client.post(PUSH, never);
  const idle = await arriving;
  await request(idle);
  idle.write(NO_CONTENT);
  await first;
  const gone = closed(idle);
  arriving = connection();
  const stop = new AbortController();
  const replies = [1, 2, 3, 4].map(() => client.post(PUSH, [stop.signal]));
  await arriving;
  stop.abort();
  client.close();
  for (const reply of await Promise.all(replies)) assert.match(failureOf(reply), /^aborted/);
  await gone;
  assert.match(failureOf(await client.post(PUSH, [stop.signal])), /^aborted/);
});
