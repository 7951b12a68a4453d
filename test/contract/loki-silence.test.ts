/**
 * What a real Loki does not say: lines that it drops although its answer is 204, or about something else. Each is sent
 * so that Loki has to tell.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outcome } from '../../pkg/types/outcome.ts';
import { batchOf } from '../helpers/batches.ts';
import { numbered } from '../helpers/chunks.ts';
import { decodePush } from '../helpers/decode-push.ts';
import { NOW, startLocalReceiver, streamOf } from '../helpers/local-receiver.ts';
import { connectLoki, linesAt } from '../helpers/loki-pair.ts';
import { makeLokiSink } from '../helpers/loki-sink.ts';
import { PushServer, type Respond } from '../helpers/push-server.ts';

const HOUR = 3_600_000;

function refusedRecords(outcome: Outcome): number[] {
  if (outcome.kind !== 'rejected') return [];
  return outcome.refusals.flatMap(({ records }) => [...records]).sort((a, b) => a - b);
}

test('of several streams in a push Loki tells of the last only: what it dropped of the first is hidden', async t => {
  const loki = await startLocalReceiver(t);
  await loki.push(streamOf('{job="f"}', 'newest'));
  const late = { labels: '{job="f"}', entries: [{ sec: NOW.sec - 3 * 3600, nanos: 0, line: 'late' }] };
  assert.deepEqual(await loki.push(late, streamOf('{job="g"}', 'good')), { status: 204, text: '' });
  assert.equal(loki.receiver.stats().refused, 1);
});

test('late lines of several streams: each that Loki drops is found', async t => {
  const { loki, send } = await connectLoki(t);
  const jobs = ['a', 'b', 'c', 'd'];
  await send(batchOf(...jobs.map(job => linesAt({ job }, ['newest']))));
  const late = jobs.map(job => linesAt({ job }, [['late', -3 * HOUR], 'good']));
  const outcome = await send(batchOf(...late, linesAt({ job: 'new' }, ['good'])));
  assert.deepEqual(refusedRecords(outcome), [0, 2, 4, 6]);
  assert.equal(loki.receiver.stats().lines, 9);
});

test('late lines that Loki takes cost a push for each of their streams, all others share one', async t => {
  const { loki, send } = await connectLoki(t);
  const parts = [
    ...numbered('quiet', 20).map(job => linesAt({ job }, ['x'])),
    ...numbered('late', 3).map(job => linesAt({ job }, [['x', -3 * HOUR]])),
  ];
  assert.deepEqual(await send(batchOf(...parts)), { kind: 'delivered' });
  assert.equal(loki.receiver.stats().pushes, 4);
});

test('two streams above their rate, and a quiet one: both wait, the quiet one is stored', async t => {
  const { loki, send } = await connectLoki(t, {
    sink: { max_stream_rate: '1KiB' },
    limits: { streamRateBytes: 1024, streamRateBurstBytes: 1500 },
  });
  const loud = (job: string) => linesAt({ job }, numbered('l'.repeat(100), 30));
  const outcome = await send(batchOf(loud('l1'), linesAt({ job: 'quiet' }, ['q']), loud('l2')));
  assert.ok(outcome.kind === 'retry' && outcome.failure.kind === 'rate_limited');
  assert.equal(outcome.rest?.length, 60);
  assert.deepEqual(await loki.stored(), ['{"job":"quiet","service_name":"quiet"} q']);
});

test('a limit of rate that nobody knew of is learnt from the first answer that names it', async t => {
  const { loki, send } = await connectLoki(t, {
    limits: { streamRateBytes: 1024, streamRateBurstBytes: 1500 },
  });
  const loud = (job: string) => linesAt({ job }, numbered('l'.repeat(100), 30));
  await send(batchOf(loud('first')));
  const outcome = await send(batchOf(loud('l1'), linesAt({ job: 'quiet' }, ['q'])));
  assert.ok(outcome.kind === 'retry' && outcome.rest?.length === 30);
  assert.equal(loki.receiver.stats().lines, 1);
});

/** Sends a stream `a` and a stream `b` to a server that answers as `respond` says. */
async function sendTwo(t: Parameters<typeof connectLoki>[0], respond: Respond): Promise<Outcome> {
  const server = await PushServer.listen();
  t.after(() => server.close());
  server.respond = respond;
  const sink = makeLokiSink({ url: server.url });
  t.after(() => sink.close());
  const batch = batchOf(linesAt({ job: 'a' }, ['1', '2']), linesAt({ job: 'b' }, ['3']));
  return sink.send(batch, new AbortController().signal);
}

test('a 400 about labels does not say that the rest is stored: ingestion may be blocked', async t => {
  const blocked = "ingestion blocked for user 'fake' until '2099-01-01T00:00:00Z' with status code '260'\n";
  const outcome = await sendTwo(t, (response, { headers, body }) => {
    const [first] = decodePush(headers['content-type'] ?? '', body);
    if (first!.labels.includes('"b"')) response.writeHead(260).end(blocked);
    else
      response
        .writeHead(400)
        .end(`entry for stream '{job="a", service_name="a"}' has 20 label names; limit 15\n`);
  });
  assert.deepEqual(refusedRecords(outcome), [0, 1]);
  assert.ok(outcome.kind === 'rejected' && outcome.rest?.failure.kind === 'not_stored');
  assert.deepEqual([...outcome.rest.records], [2]);
});

test('a 400 without a text is not of Loki: nothing is stored, nothing refused', async t => {
  const outcome = await sendTwo(t, response => void response.writeHead(400).end());
  assert.ok(outcome.kind === 'retry' && outcome.rest === undefined);
});

test('a 400 whose text says nothing does not say that anything is stored', async t => {
  const outcome = await sendTwo(t, response => void response.writeHead(400).end('\n; \n'));
  assert.deepEqual(refusedRecords(outcome), [0, 1, 2]);
});

test('ingestion blocked for a policy: its streams wait, the others are delivered', async t => {
  const text =
    "ingestion blocked for user 'fake' (policy: 'a') until '2099-01-01T00:00:00Z' with status code '260'\n";
  const outcome = await sendTwo(t, (response, { headers, body }) => {
    const isBlocked = decodePush(headers['content-type'] ?? '', body).some(({ labels }) =>
      labels.includes('"a"'),
    );
    if (isBlocked) response.writeHead(260).end(text);
    else response.writeHead(204).end();
  });
  assert.ok(outcome.kind === 'retry' && outcome.failure.kind === 'not_stored');
  assert.deepEqual([...outcome.rest!], [0, 1]);
});
