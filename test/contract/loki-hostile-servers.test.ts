/** Servers that are not Loki, or not themselves: each a failure with a kind that says what it is, at a bounded cost. */
import assert from 'node:assert/strict';
import dns from 'node:dns';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import type { Outcome } from '../../pkg/types/outcome.ts';
import { batchOf } from '../helpers/batches.ts';
import { linesAt } from '../helpers/loki-pair.ts';
import { makeLokiSink } from '../helpers/loki-sink.ts';
import { PushServer, type Respond } from '../helpers/push-server.ts';

interface Wire {
  readonly server: PushServer;
  send(): Promise<Outcome>;
}

/** A sink and a server that answers so; `host` is what the sink calls it. */
async function wire(t: TestContext, respond?: Respond, host?: string): Promise<Wire> {
  const server = await PushServer.listen();
  if (respond !== undefined) server.respond = respond;
  const url = host === undefined ? server.url : server.url.replace('127.0.0.1', host);
  const sink = makeLokiSink({ url });
  t.after(async () => {
    await sink.close();
    await server.close();
  });
  const batch = batchOf(linesAt({ job: 'x' }, ['x']));
  return { server, send: () => sink.send(batch, new AbortController().signal) };
}

function failure(outcome: Outcome): string {
  return outcome.kind === 'retry' ? `${outcome.failure.kind}: ${outcome.failure.message}` : outcome.kind;
}

/** Answers look-ups from now on: an address, or the error's code. */
function answerLookUps(t: TestContext): { answer: string; asked: number } {
  const state = { answer: '', asked: 0 };
  const lookup = (host: string, options: object, callback: (...args: unknown[]) => void): void => {
    state.asked++;
    if (!state.answer.startsWith('E'))
      process.nextTick(callback, null, [{ address: state.answer, family: 4 }]);
    else {
      const error = new Error(`getaddrinfo ${state.answer} ${host}`);
      process.nextTick(callback, Object.assign(error, { code: state.answer, options }));
    }
  };
  t.mock.method(dns, 'lookup', lookup);
  return state;
}

test('a name that cannot be looked up is a network failure, and is looked up again each time', async t => {
  const { send, server } = await wire(t, undefined, 'loki.test');
  const names = answerLookUps(t);
  names.answer = 'ENOTFOUND';
  assert.equal(failure(await send()), 'network: getaddrinfo ENOTFOUND loki.test, while connecting');
  names.answer = 'EAI_AGAIN';
  assert.equal(failure(await send()), 'network: getaddrinfo EAI_AGAIN loki.test, while connecting');
  names.answer = '127.0.0.1';
  assert.deepEqual(await send(), { kind: 'delivered' });
  assert.equal(server.pushes.length, 1);
  names.answer = 'ENOTFOUND';
  assert.deepEqual(await send(), { kind: 'delivered' });
  assert.equal(names.asked, 3, 'a connection that is open needs no name');
});

test('a redirect is not followed: whoever it names gets neither lines nor credentials', async t => {
  const other = await PushServer.listen();
  t.after(() => other.close());
  for (const status of [301, 302, 307, 308]) {
    const { send } = await wire(t, response => response.writeHead(status, { location: other.url }).end());
    assert.match(failure(await send()), new RegExp(`^unavailable: ${status} .*redirects are not followed`));
  }
  assert.equal(other.pushes.length, 0);
});

test('an error page is an outage, and its words are kept short', async t => {
  const page = `<html><head><title>502 Bad Gateway</title></head>${'<p>'.repeat(50_000)}</html>`;
  const { send } = await wire(t, response =>
    response.writeHead(502, { 'content-type': 'text/html' }).end(page),
  );
  const text = failure(await send());
  assert.match(text, /^unavailable: 502.*502 Bad Gateway/);
  assert.ok(text.length < 600);
});

test('of an answer of 100 MB a few hundred KiB are read, and its status counts', async t => {
  let pulledBytes = 0;
  const ended = Promise.withResolvers<void>();
  const { send } = await wire(t, response => {
    response.on('close', ended.resolve).writeHead(503);
    const pieces = function* (): Generator<Buffer> {
      for (; pulledBytes < 100 << 20; pulledBytes += 65_536) yield Buffer.alloc(65_536, 'x');
    };
    Readable.from(pieces()).pipe(response);
  });
  const text = failure(await send());
  assert.match(text, /^unavailable: 503: xxx/);
  assert.ok(text.length < 600);
  await ended.promise;
  assert.ok(pulledBytes < 32 << 20, `${pulledBytes} bytes were sent`);
});

test('headers without end are not HTTP any more', async t => {
  const { send } = await wire(t, response => {
    response.socket!.write('HTTP/1.1 204 No Content\r\n');
    response.socket!.write(`x: ${'y'.repeat(1 << 20)}\r\n\r\n`);
  });
  assert.match(failure(await send()), /^network: Parse Error: Header overflow/);
});
