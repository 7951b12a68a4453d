/** The Loki sink through the proxy that the environment names. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { Outcome } from '../../pkg/types/outcome.ts';
import { batchOf } from '../helpers/batches.ts';
import { linesAt } from '../helpers/loki-pair.ts';
import { makeLokiSink } from '../helpers/loki-sink.ts';
import { PushServer } from '../helpers/push-server.ts';
import { serverTls, tlsFile } from '../helpers/tls-files.ts';

interface Proxy {
  /** With credentials. */
  readonly url: string;
  /** What it was asked for, with the credentials that it was shown. */
  readonly requests: string[];
}

/** A proxy that connects every name to the port on this machine; `status` refuses tunnels. */
async function startProxy(t: TestContext, port: () => number, status?: number): Promise<Proxy> {
  const requests: string[] = [];
  const server: Server = createServer();
  server.on('connect', ({ url, headers }, client) => {
    requests.push(`CONNECT ${url} ${headers['proxy-authorization']}`);
    if (status !== undefined) {
      client.end(`HTTP/1.1 ${status} No\r\n\r\n`);
      return;
    }
    const upstream = connect(port(), '127.0.0.1', () => client.write('HTTP/1.1 200 OK\r\n\r\n'));
    upstream.pipe(client).pipe(upstream);
    for (const socket of [upstream, client]) socket.on('error', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  });
  return { url: `http://user:s3cret@127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

async function send(t: TestContext, config: { url: string }, env: Record<string, string>): Promise<Outcome> {
  const sink = makeLokiSink({ timeout: '2s', ...config }, { env });
  t.after(() => sink.close());
  await sink.start();
  return sink.send(batchOf(linesAt({ job: 'x' }, ['x'])), new AbortController().signal);
}

const CREDENTIALS = `Basic ${Buffer.from('user:s3cret').toString('base64')}`;

test('https goes through a tunnel', async t => {
  const loki = await PushServer.listen({ tls: serverTls() });
  const proxy = await startProxy(t, () => loki.port);
  t.after(() => loki.close());
  const config = { url: 'https://loki.test:3100', tls: { ca: tlsFile('authority.pem') } };
  for (const name of ['HTTPS_PROXY', 'https_proxy'])
    assert.deepEqual(await send(t, config, { [name]: proxy.url }), { kind: 'delivered' });
  assert.equal(proxy.requests[0], `CONNECT loki.test:3100 ${CREDENTIALS}`);
});

test('http goes to the proxy, with the whole address', async t => {
  const proxy = await PushServer.listen();
  t.after(() => proxy.close());
  const env = { HTTP_PROXY: `http://user:s3cret@127.0.0.1:${proxy.port}` };
  assert.deepEqual(await send(t, { url: 'http://loki.test:3100' }, env), { kind: 'delivered' });
  const [push] = proxy.pushes;
  assert.equal(push?.url, 'http://loki.test:3100/loki/api/v1/push');
  assert.equal(push?.headers.host, 'loki.test:3100');
  assert.equal(push?.headers['proxy-authorization'], CREDENTIALS);
});

test('NO_PROXY and loopback addresses go straight', async t => {
  const loki = await PushServer.listen();
  const proxy = await PushServer.listen();
  t.after(() => Promise.all([loki.close(), proxy.close()]).then(() => undefined));
  const env = { HTTP_PROXY: `http://127.0.0.1:${proxy.port}` };
  assert.deepEqual(await send(t, { url: loki.url }, env), { kind: 'delivered' });
  const unknown = await send(t, { url: 'http://loki.invalid:3100' }, { ...env, NO_PROXY: '.invalid' });
  assert.ok(unknown.kind === 'retry' && unknown.failure.kind === 'network');
  assert.equal(proxy.pushes.length, 0);
});

test('a proxy that refuses, or is not there, is a failure in words without its credentials', async t => {
  const proxy = await startProxy(t, () => 9, 407);
  const config = { url: 'https://loki.test:3100', tls: { ca: tlsFile('authority.pem') } };
  const refused = await send(t, config, { HTTPS_PROXY: proxy.url });
  const gone = await send(t, config, { HTTPS_PROXY: 'http://user:s3cret@127.0.0.1:9' });
  for (const outcome of [refused, gone]) {
    assert.ok(outcome.kind === 'retry' && outcome.failure.kind === 'network', JSON.stringify(outcome));
    assert.doesNotMatch(outcome.failure.message, /s3cret/);
  }
});
