/**
 * What a real Loki was recorded to answer, row by row: same push, same status, same text, same lines kept. The
 * refusals that depend on size, rate and number are in `loki-limits.test.ts`.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compressSync } from 'snappy';
import { pushBody, type TestStream } from '../helpers/encode-push.ts';
import { NOW, startLocalReceiver, streamOf } from '../helpers/local-receiver.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;

/** One line, `agoSec` seconds before now. */
function lineAgo(labels: string, agoSec: number, line: string): TestStream {
  return { labels, entries: [{ sec: NOW.sec - agoSec, nanos: NOW.nanos, line }] };
}

/** The entries of several streams with the same labels, in one. */
function joined(...streams: readonly TestStream[]): TestStream {
  return { labels: streams[0]!.labels, entries: streams.flatMap(({ entries }) => entries) };
}

test('good lines, two of them equal in time and text: 204, and one of the two is kept', async t => {
  const loki = await startLocalReceiver(t);
  const a = streamOf('{job="a"}', 'one', 'two');
  assert.deepEqual(await loki.push(joined(a, streamOf('{job="a"}', 'one'))), { status: 204, text: '' });
  const labels = '{"job":"a","service_name":"a"}';
  assert.deepEqual(await loki.stored(), [`${labels} one`, `${labels} two`]);
  assert.equal(loki.receiver.stats().duplicates, 1);
});

test('an empty line: 204, and it is kept', async t => {
  const loki = await startLocalReceiver(t);
  assert.equal((await loki.push(streamOf('{job="a"}', ''))).status, 204);
  assert.deepEqual(await loki.stored(), ['{"job":"a","service_name":"a"} ']);
});

test('no labels at all: 204, and it is kept as an unknown service', async t => {
  const loki = await startLocalReceiver(t);
  assert.equal((await loki.push(streamOf('{}', 'x'))).status, 204);
  assert.deepEqual(await loki.stored(), ['{"service_name":"unknown_service"} x']);
});

test('no streams: 422', async t => {
  const loki = await startLocalReceiver(t);
  const text = 'error at least one valid stream is required for ingestion\n';
  assert.deepEqual(await loki.push(), { status: 422, text });
});

test('one line of 300 KiB between two good ones: 400 that names it, and the good ones are kept', async t => {
  const loki = await startLocalReceiver(t);
  const { status, text } = await loki.push(streamOf('{job="b"}', 'one', 'x'.repeat(300 * 1024), 'two'));
  assert.equal(status, 400);
  assert.equal(
    text,
    `max entry size '262144' bytes exceeded for stream '{job="b", service_name="b"}' while adding an entry with length '307200' bytes\n`,
  );
  assert.deepEqual(
    (await loki.stored()).map(line => line.split(' ')[1]),
    ['one', 'two'],
  );
});

test('several bad streams: 400 with a count for each kind of error, and the good rest is kept', async t => {
  const loki = await startLocalReceiver(t);
  const long = 'x'.repeat(300 * 1024);
  const { status, text } = await loki.push(
    streamOf('{job="n5"}', long, 'good'),
    streamOf('{job="n6"}', long, long),
    lineAgo('{job="n7"}', 8 * DAY, 'old'),
  );
  assert.equal(status, 400);
  assert.match(
    text,
    /^1 errors like: max entry size .* '\{job="n5", .*; 2 errors like: max entry size .* '\{job="n6", .*; 1 errors like: entry for stream '\{job="n7", service_name="n7"\}' has timestamp too old: .*\n$/,
  );
  assert.deepEqual(await loki.stored(), ['{"job":"n5","service_name":"n5"} good']);
});

test('8 days old, 1 h in the future, and a good one: 400 with both times, and the good one is kept', async t => {
  const loki = await startLocalReceiver(t);
  const labels = '{job="c"}';
  const bad = [lineAgo(labels, 8 * DAY, 'old'), lineAgo(labels, -HOUR, 'new')];
  const { status, text } = await loki.push(joined(...bad, lineAgo(labels, 0, 'good')));
  assert.equal(status, 400);
  const stream = '{job="c", service_name="c"}';
  assert.equal(
    text,
    `1 errors like: entry for stream '${stream}' has timestamp too old: 2026-11-13T07:24:32Z, oldest acceptable timestamp is: 2026-11-14T07:24:32Z; 1 errors like: entry for stream '${stream}' has timestamp too new: 2026-11-21T08:24:32Z\n`,
  );
  assert.deepEqual(await loki.stored(), ['{"job":"c","service_name":"c"} good']);
});

test('time 0 or negative: 400 as too old, and the good rest is kept', async t => {
  const loki = await startLocalReceiver(t);
  const labels = '{job="z"}';
  const zero = { labels, entries: [{ sec: 0, nanos: 0, line: 'zero' }] };
  const negative = { labels, entries: [{ sec: -1, nanos: 0, line: 'negative' }] };
  const { status, text } = await loki.push(joined(zero, negative, streamOf(labels, 'good')));
  assert.equal(status, 400);
  assert.match(text, /has timestamp too old: 1970-01-01T00:00:00Z, oldest acceptable/);
  assert.deepEqual(await loki.stored(), ['{"job":"z","service_name":"z"} good']);
});

test('3 h behind the newest of the stream, and a good one: 400 with a line for the entry and a total', async t => {
  const loki = await startLocalReceiver(t);
  const labels = '{job="f"}';
  await loki.push(streamOf(labels, 'newest'));
  const { status, text } = await loki.push(
    joined(lineAgo(labels, 3 * HOUR, 'late'), streamOf(labels, 'good')),
  );
  assert.equal(status, 400);
  assert.equal(
    text,
    `entry with timestamp 2026-11-21 04:24:32.373 +0000 UTC ignored, reason: 'entry too far behind, entry timestamp is: 2026-11-21T04:24:32Z, oldest acceptable timestamp is: 2026-11-21T06:24:32Z',
user 'fake', total ignored: 1 out of 2 for stream: {job="f", service_name="f"}\n`,
  );
  assert.deepEqual(
    (await loki.stored()).map(line => line.split(' ')[1]),
    ['newest', 'good'],
  );
});

test('many entries too far behind: ten are named, and the total counts all', async t => {
  const loki = await startLocalReceiver(t);
  const labels = '{job="f"}';
  await loki.push(streamOf(labels, 'newest'));
  const late = Array.from({ length: 25 }, (_, i) => lineAgo(labels, 3 * HOUR + i, 'late'));
  const { text } = await loki.push(joined(...late));
  assert.equal(text.split('entry with timestamp').length - 1, 10);
  assert.match(text, /total ignored: 25 out of 25 for stream: /);
});

test('an entry less than 1 h behind the newest is kept', async t => {
  const loki = await startLocalReceiver(t);
  await loki.push(streamOf('{job="f"}', 'newest'));
  assert.equal((await loki.push(lineAgo('{job="f"}', HOUR - 1, 'late'))).status, 204);
  assert.equal((await loki.stored()).length, 2);
});

test('20 labels, and a good stream: 400, and the good stream is kept', async t => {
  const loki = await startLocalReceiver(t);
  const labels = Array.from({ length: 20 }, (_, i) => `l${i}="v"`).join(', ');
  const { status, text } = await loki.push(streamOf(`{${labels}}`, 'x'), streamOf('{job="a"}', 'good'));
  assert.equal(status, 400);
  assert.match(text, /^entry for stream '\{l0="v", .*\}' has 20 label names; limit 15\n$/);
  assert.deepEqual(await loki.stored(), ['{"job":"a","service_name":"a"} good']);
});

test('a label value of 3000 B: 400 with the whole value twice, and the good stream is kept', async t => {
  const loki = await startLocalReceiver(t);
  const value = 'y'.repeat(3000);
  const { status, text } = await loki.push(
    streamOf(`{job="e", x="${value}"}`, 'x'),
    streamOf('{job="e"}', 'good'),
  );
  assert.equal(status, 400);
  assert.equal(
    text,
    `stream '{job="e", service_name="e", x="${value}"}' has label value too long: '${value}'\n`,
  );
  assert.deepEqual(await loki.stored(), ['{"job":"e","service_name":"e"} good']);
});

test('a label name of 1100 B: 400, and the good stream is kept', async t => {
  const loki = await startLocalReceiver(t);
  const name = 'n'.repeat(1100);
  const { status, text } = await loki.push(streamOf(`{${name}="v"}`, 'x'), streamOf('{job="a"}', 'good'));
  assert.equal(status, 400);
  assert.match(
    text,
    /^stream '\{n+="v", service_name="unknown_service"\}' has label name too long: 'n{1100}'\n$/,
  );
  assert.equal((await loki.stored()).length, 1);
});

test('a label name that Prometheus cannot parse: 400, and nothing of the push is kept', async t => {
  const loki = await startLocalReceiver(t);
  const answer = await loki.push(streamOf('{a-b="v"}', 'x'), streamOf('{job="a"}', 'good'));
  const text = "couldn't parse labels: 1:3: parse error: unexpected character inside braces: '-'\n";
  assert.deepEqual(answer, { status: 400, text });
  assert.deepEqual(await loki.stored(), []);
  assert.equal(loki.receiver.stats().refused, 2);
});

test('structured metadata over 64 KiB on one line, and a good one: 400, and the good one is kept', async t => {
  const loki = await startLocalReceiver(t);
  const bad = { sec: NOW.sec, nanos: 0, line: 'bad', metadata: { trace: 'm'.repeat(71_678) } };
  const stream = { labels: '{job="g"}', entries: [bad, { sec: NOW.sec, nanos: 1, line: 'good' }] };
  const { status, text } = await loki.push(stream);
  assert.equal(status, 400);
  assert.match(
    text,
    /^stream '\{job="g", service_name="g"\}' has structured metadata too large: '71683' bytes, limit: '65536' bytes\. Please see .*\n$/,
  );
  assert.deepEqual(await loki.stored(), ['{"job":"g","service_name":"g"} good']);
});

test('not snappy: 400', async t => {
  const { url } = await startLocalReceiver(t);
  const response = await pushBody(url, Buffer.from('this is not snappy'));
  assert.equal(response.status, 400);
  assert.equal(await response.text(), 'snappy: corrupt input\n');
  assert.equal(response.headers.get('content-type'), 'text/plain; charset=utf-8');
});

test('snappy of something else: 400', async t => {
  const { url } = await startLocalReceiver(t);
  const response = await pushBody(url, compressSync('this is not protobuf'));
  assert.equal(response.status, 400);
  assert.equal(await response.text(), 'proto: PushRequest: wiretype end group for non-group\n');
});
