import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { compressSync } from 'snappy';
import { encodePush, pushBody, pushStreams, varint } from '../../test/helpers/encode-push.ts';
import { NOW, startLocalReceiver, streamOf } from '../../test/helpers/local-receiver.ts';
import type { PushRecord } from './recorder.ts';
import type { SequenceReport } from './routes.ts';

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };

function jsonPush(...values: readonly unknown[]): Buffer {
  return Buffer.from(JSON.stringify({ streams: [{ stream: { job: 'j' }, values }] }));
}

const nowText = `${NOW.sec}${NOW.nanos}`;

test('JSON is taken, plain and gzipped, with metadata or without', async t => {
  const loki = await startLocalReceiver(t);
  const plain = await pushBody(loki.url, jsonPush([nowText, 'one "é"']), JSON_TYPE);
  const zipped = await pushBody(loki.url, gzipSync(jsonPush([nowText, 'two', { trace: 'x' }])), {
    ...JSON_TYPE,
    'content-encoding': 'gzip',
  });
  assert.deepEqual([plain.status, zipped.status], [204, 204]);
  const labels = '{"job":"j","service_name":"j"}';
  assert.deepEqual(await loki.stored(), [`${labels} one "é"`, `${labels} two`]);
});

test('the same entry as JSON and as protobuf is one entry', async t => {
  const loki = await startLocalReceiver(t);
  await pushBody(loki.url, jsonPush([nowText, 'same']), JSON_TYPE);
  await loki.push(streamOf('{job="j"}', 'same'));
  const { lines, duplicates } = loki.receiver.stats();
  assert.deepEqual({ lines, duplicates }, { lines: 1, duplicates: 1 });
});

test('JSON that is not a push is a 400', async t => {
  const { url } = await startLocalReceiver(t);
  const bodies = [
    Buffer.from('{'),
    Buffer.from('{"streams":7}'),
    Buffer.from('{"streams":[7]}'),
    Buffer.from('{"streams":[{"stream":{"a":1},"values":[]}]}'),
    jsonPush(7),
    jsonPush([7, 'x']),
    jsonPush(['soon', 'x']),
    jsonPush([nowText, 7]),
    jsonPush([nowText, 'x', 7]),
  ];
  for (const body of bodies) assert.equal((await pushBody(url, body, JSON_TYPE)).status, 400, String(body));
  assert.equal((await pushBody(url, Buffer.from('{}'), JSON_TYPE)).status, 422);
});

test('an encoding nobody knows, or one that the body is not in, is a 400', async t => {
  const { url } = await startLocalReceiver(t);
  const push = (encoding: string): Promise<Response> =>
    pushBody(url, jsonPush([nowText, 'x']), { ...JSON_TYPE, 'content-encoding': encoding });
  assert.equal((await push('br')).status, 400);
  assert.equal((await push('gzip')).status, 400);
});

test('a body that is too large, or would be, is a 413 and takes no memory', async t => {
  const loki = await startLocalReceiver(t, { maxBodyBytes: 1000, maxDecodedBytes: 5000 });
  assert.equal((await pushBody(loki.url, Buffer.alloc(1001))).status, 413);
  assert.equal((await pushBody(loki.url, compressSync(Buffer.alloc(5001)))).status, 413);
  assert.equal((await pushBody(loki.url, varint(2 ** 31))).status, 413);
  const zipped = { ...JSON_TYPE, 'content-encoding': 'gzip' };
  assert.equal((await pushBody(loki.url, gzipSync(Buffer.alloc(5001)), zipped)).status, 413);
  assert.equal((await loki.push(streamOf('{}', 'x'))).status, 204);
});

test('with decode nothing is kept, and lines and bytes are counted', async t => {
  const loki = await startLocalReceiver(t, { mode: 'decode' });
  await loki.push(streamOf('{job="a"}', 'one', 'three'));
  const { lines, bytes, held } = loki.receiver.stats();
  assert.deepEqual({ lines, bytes, held }, { lines: 2, bytes: 8, held: 0 });
  assert.equal((await pushBody(loki.url, Buffer.from('not snappy'))).status, 400);
});

test('with body nothing is decoded, and bodies are counted', async t => {
  const loki = await startLocalReceiver(t, { mode: 'body' });
  assert.equal((await pushBody(loki.url, Buffer.from('anything'))).status, 204);
  const { pushes, bodyBytes, lines } = loki.receiver.stats();
  assert.deepEqual({ pushes, bodyBytes, lines }, { pushes: 1, bodyBytes: 8, lines: 0 });
});

test('lines that were taken are followed by number; those that were refused are not', async t => {
  const loki = await startLocalReceiver(t, { verifySequence: true });
  const old = { sec: 1, nanos: 0, line: 'app 1 refused' };
  const { labels, entries } = streamOf('{job="a"}', 'app 0 x', 'app 2 x');
  await loki.push({ labels, entries: [...entries, old] });
  const { sources } = (await (await loki.get('/sequence')).json()) as SequenceReport;
  assert.equal(sources[0]?.missing, 1);
});

test('the record has a line for each push, with equal digests for equal content only', async t => {
  const dir = mkdtempSync(join(tmpdir(), 'receiver-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const recordPath = join(dir, 'record');
  const loki = await startLocalReceiver(t, { recordPath });
  const stream = streamOf('{job="a"}', 'one', 'two');
  await loki.push(stream);
  await loki.push(stream);
  await pushBody(loki.url, compressSync(encodePush([streamOf('{job="a"}', 'one', 'too')])), {
    'x-scope-orgid': 'team',
  });
  await pushStreams(loki.url, []);
  const text = readFileSync(recordPath, 'utf8').trim();
  const records = text.split('\n').map(line => JSON.parse(line) as PushRecord);
  assert.deepEqual(
    records.map(({ push, status, tenant }) => [push, status, tenant]),
    [
      [1, 204, null],
      [2, 204, null],
      [3, 204, 'team'],
      [4, 422, null],
    ],
  );
  const [first, again, other] = records.map(({ streams }) => streams[0]!);
  assert.deepEqual(again, first);
  assert.notEqual(other!.sha256, first!.sha256);
  assert.deepEqual([first!.entries, first!.first], [2, nowText]);
});
