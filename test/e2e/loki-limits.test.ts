/** Loki's limits of rate and number, and the edges of what it takes, through the whole agent. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { keptBy } from '../helpers/arrivals.ts';
import { numbered } from '../helpers/chunks.ts';
import { runToLoki } from '../helpers/loki-run.ts';
import { until } from '../helpers/until.ts';

const LINE = 'x'.repeat(100);

it('429 by the rate of the tenant: the agent keeps to it, and every line is there once', async t => {
  const { settled, receiver } = await runToLoki(t, {
    faults: { limits: { rateBytes: 40_000, rateBurstBytes: 40_000 } },
    files: { 'a.log': numbered(LINE, 500), 'b.log': numbered(`b ${LINE}`, 500) },
  });
  await settled(1000);
  const { lines, duplicates } = await receiver.stats();
  assert.deepEqual([lines, duplicates], [1000, 0]);
});

it('429 by the rate of streams, of which Loki tells one at a time: every line is there', async t => {
  const { settled, receiver, letters } = await runToLoki(t, {
    faults: { limits: { streamRateBytes: 20_000, streamRateBurstBytes: 20_000 } },
    files: { 'a.log': numbered(LINE, 300), 'b.log': numbered(`b ${LINE}`, 300), 'quiet.log': ['q'] },
    sink: { max_stream_rate: '20KB' },
    dispatcher: { workers: 1, batch_bytes: '16KiB' },
  });
  await settled(601);
  assert.equal((await receiver.stats()).lines, 601);
  assert.deepEqual(letters(), []);
});

it('429 by the number of streams: those that are kept out wait, the others are not disturbed', async t => {
  const files = Object.fromEntries(numbered('f', 6).map(name => [`${name}.log`, [name]]));
  const run = await runToLoki(t, {
    faults: { limits: { maxStreams: 4 } },
    files,
    dispatcher: { workers: 1, shutdown_timeout: '1s' },
  });
  await run.receiver.until(({ lines }) => lines === 4);
  await until(
    () => run.metric('sink_errors_total', 'kind="rate_limited"'),
    errors => errors > 0,
  );
  assert.equal(await run.metric('logs_settled_total', 'outcome="delivered"'), 4);
  await run.agent.assertBalanced();
  assert.equal(await run.agent.stop(), 3);
  assert.deepEqual(
    run.letters().map(({ cause }) => cause),
    ['shutdown', 'shutdown'],
  );
});

it('5000 streams in one push', async t => {
  const files = Object.fromEntries(numbered('f', 5000).map(name => [`${name}.log`, [name]]));
  const { settled, receiver } = await runToLoki(t, {
    files,
    dispatcher: { workers: 1, batch_timeout: '5s', batch_size: 5000 },
    sink: { timeout: '20s' },
  });
  await settled(5000);
  const { lines, streams, pushes } = await receiver.stats();
  assert.deepEqual([lines, streams], [5000, 5000]);
  assert.ok(pushes <= 5, `${pushes} pushes`);
});

it('second 0 is no time: such a record gets that of its reading; the next second is refused as too old', async t => {
  const entry = (log: string, time: string) => JSON.stringify({ log: `${log}\n`, stream: 'stdout', time });
  const startMs = Date.now();
  const run = await runToLoki(t, {
    files: {
      'a.log': [
        entry('zero', '1970-01-01T00:00:00Z'),
        entry('a nanosecond', '1970-01-01T00:00:00.000000001Z'),
        entry('a second', '1970-01-01T00:00:01Z'),
        entry('now', new Date().toISOString()),
      ],
    },
    sources: [{ name: 'app', files: ['a.log'], format: 'docker-json' }],
  });
  await run.settled(4);
  const kept = await keptBy(run.receiver);
  assert.deepEqual(kept.map(({ line }) => line).sort(), ['a nanosecond', 'now', 'zero']);
  for (const { ts } of kept) assert.ok(Number(ts.slice(0, -6)) >= startMs, ts);
  const [letter, ...others] = run.letters();
  assert.deepEqual([letter?.line, others], ['a second', []]);
  assert.match(letter!.reason, /has timestamp too old: 1970-01-01T00:00:01Z/);
});

it('a label whose name has underscores only gets a name that Loki takes as metadata too', async t => {
  const run = await runToLoki(t, {
    files: { 'a.log': ['x'] },
    sources: [{ name: 'app', files: ['a.log'], labels: { ___: 'v', filename: null } }],
  });
  await run.settled(1);
  const [kept] = await keptBy(run.receiver);
  assert.deepEqual(kept?.labels, { ____label: 'v', service_name: 'unknown_service' });
  assert.equal(await run.metric('sink_adjusted_total', 'what="label_name_repaired"'), 1);
});
