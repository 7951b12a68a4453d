/** How the Loki sink proves who it is, and whom it trusts: against servers with certificates of `test/fixtures/tls`. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ManualClock } from '../../pkg/clock/manual-clock.ts';
import { LcError } from '../../pkg/errors/errors.ts';
import type { Outcome } from '../../pkg/types/outcome.ts';
import { batchOf } from '../helpers/batches.ts';
import { linesAt } from '../helpers/loki-pair.ts';
import { makeLokiSink } from '../helpers/loki-sink.ts';
import { PushServer, type PushServerOptions } from '../helpers/push-server.ts';
import { RecordingLogger } from '../helpers/recording-logger.ts';
import { serverTls, tlsFile } from '../helpers/tls-files.ts';

const CA = { ca: tlsFile('authority.pem') };
const MUTUAL = { requestCert: true, rejectUnauthorized: true, ca: readFileSync(tlsFile('authority.pem')) };

interface Wire {
  readonly server: PushServer;
  readonly clock: ManualClock;
  readonly logger: RecordingLogger;
  send(): Promise<Outcome>;
}

/** A started sink with these keys in its config, and its server. */
async function wire(t: TestContext, config: object, options: PushServerOptions = {}): Promise<Wire> {
  const server = await PushServer.listen(options);
  const [clock, logger] = [new ManualClock(), new RecordingLogger()];
  const sink = makeLokiSink({ url: server.url, ...config }, { clock, logger });
  t.after(async () => {
    await sink.close();
    await server.close();
  });
  await sink.start();
  const send = () => sink.send(batchOf(linesAt({ job: 'x' }, ['x'])), new AbortController().signal);
  return { server, clock, logger, send };
}

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'log-capturer-tls-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function failure(outcome: Outcome): string {
  return outcome.kind === 'retry' ? `${outcome.failure.kind}: ${outcome.failure.message}` : outcome.kind;
}

test('a server whose certificate the given authority signed is trusted', async t => {
  const { send } = await wire(t, { tls: CA }, { tls: serverTls() });
  assert.deepEqual(await send(), { kind: 'delivered' });
});

const UNTRUSTED: readonly (readonly [
  title: string,
  tls: object,
  server: 'server' | 'expired',
  expected: RegExp,
])[] = [
  ['signed by nobody known', {}, 'server', /^tls: .*(unable to verify|self-signed)/],
  [
    'signed by another authority',
    { ca: tlsFile('stranger.pem') },
    'server',
    /^tls: .*(unable to|self-signed)/,
  ],
  ['expired', CA, 'expired', /^tls: certificate has expired, while connecting/],
  ['for another name', { ...CA, server_name: 'evil.test' }, 'server', /^tls: .*evil\.test/],
];
for (const [title, tls, name, expected] of UNTRUSTED)
  test(`a certificate ${title} is a failure of TLS, and nothing is sent`, async t => {
    const { send, server } = await wire(t, { tls }, { tls: serverTls(name) });
    assert.match(failure(await send()), expected);
    assert.equal(server.pushes.length, 0);
  });

test('server_name says which name the certificate must have', async t => {
  const { send } = await wire(t, { tls: { ...CA, server_name: 'loki.test' } }, { tls: serverTls() });
  assert.deepEqual(await send(), { kind: 'delivered' });
});

test('insecure_skip_verify trusts anybody, and says so once', async t => {
  const { send, logger } = await wire(
    t,
    { tls: { insecure_skip_verify: true } },
    { tls: serverTls('expired') },
  );
  assert.deepEqual(await send(), { kind: 'delivered' });
  assert.deepEqual(await send(), { kind: 'delivered' });
  assert.equal(logger.count('loki.insecure'), 1);
});

test('a server that speaks no TLS is a failure in words', async t => {
  const server = await PushServer.listen();
  t.after(() => server.close());
  const { send } = await wire(t, { url: server.url.replace('http:', 'https:') });
  assert.match(failure(await send()), /^tls: /);
});

test('IPv6, with TLS and without', async t => {
  for (const options of [{ host: '::1' }, { host: '::1', tls: serverTls() }]) {
    const { send, server } = await wire(t, 'tls' in options ? { tls: CA } : {}, options);
    assert.match(server.url, /\[::1\]/);
    assert.deepEqual(await send(), { kind: 'delivered' });
  }
});

test('a client certificate is shown, and the new one after its files changed', async t => {
  const dir = folder(t);
  const [cert, key] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
  const place = (name: string): void => {
    copyFileSync(tlsFile(`${name}.pem`), cert);
    copyFileSync(tlsFile(`${name}.key`), key);
  };
  place('client');
  const { send, server, clock, logger } = await wire(
    t,
    { tls: { ...CA, cert, key } },
    { tls: { ...serverTls(), ...MUTUAL } },
  );
  assert.deepEqual(await send(), { kind: 'delivered' });
  // The certificate is there before its key: until both are, the old pair stays.
  copyFileSync(tlsFile('client-2.pem'), cert);
  await clock.advance(1000);
  assert.deepEqual(await send(), { kind: 'delivered' });
  assert.equal(logger.count('loki.file'), 1);
  place('client-2');
  await clock.advance(1000);
  assert.deepEqual(await send(), { kind: 'delivered' });
  assert.deepEqual(
    server.pushes.map(({ peer }) => peer),
    ['shipper', 'shipper', 'shipper-2'],
  );
});

test('without a client certificate, a server that wants one is a failure', async t => {
  const { send } = await wire(t, { tls: CA }, { tls: { ...serverTls(), ...MUTUAL } });
  assert.match(failure(await send()), /^(tls|network): /);
});

test('a file that is missing or cannot be used is an error of the start that shows no secret', async t => {
  const dir = folder(t);
  const empty = join(dir, 'empty');
  writeFileSync(empty, ' \n');
  writeFileSync(join(dir, 'odd'), 'sëcret\n');
  const configs = [
    { url: 'https://127.0.0.1:9', tls: { ca: join(dir, 'none') } },
    { url: 'https://127.0.0.1:9', tls: { cert: tlsFile('client.pem'), key: tlsFile('client-2.key') } },
    { url: 'http://127.0.0.1:9', auth: { bearer_file: join(dir, 'none') } },
    { url: 'http://127.0.0.1:9', auth: { bearer_file: empty } },
  ];
  for (const config of configs)
    await assert.rejects(
      makeLokiSink(config).start(),
      error => error instanceof LcError && error.code === 'LC_SINK_START' && !/sëcret/.test(error.message),
    );
});

test('a token from a file is sent, and the new one at once when the old one is refused', async t => {
  const path = join(folder(t), 'token');
  writeFileSync(path, 'first\n');
  const { send, server, clock } = await wire(t, { auth: { bearer_file: path } });
  let valid = 'Bearer first';
  server.respond = (response, { headers }) =>
    response.writeHead(headers.authorization === valid ? 204 : 401).end();
  assert.deepEqual(await send(), { kind: 'delivered' });
  writeFileSync(path, 'second!\n');
  valid = 'Bearer second!';
  assert.deepEqual(await send(), { kind: 'delivered' });
  valid = 'Bearer third';
  assert.match(failure(await send()), /^unauthorized: 401 \(check auth and tenant\)/);
  rmSync(path);
  await clock.advance(1000);
  assert.match(failure(await send()), /^unauthorized: 401/);
  assert.equal(server.pushes.length, 5);
});
