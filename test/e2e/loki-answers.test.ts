/**
 * Loki's answers through the whole agent: at the end of each, what Loki stored is counted as delivered once, what it
 * refused is a dead letter with its reason, and the books balance.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FaultRequest } from '../../internal/receiver/faults.ts';
import { runToLoki } from '../helpers/loki-run.ts';

function numbered(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, n) => `line ${from + n}`);
}

const LONG = 'x'.repeat(300);

describe('what Loki refuses', () => {
  it('R4: of 1000 lines 3 are too long for it: 997 are stored once, 3 are letters, each with its words', async t => {
    const lines = numbered(1000);
    for (const n of [0, 500, 999]) lines[n] = `${n} ${LONG}`;
    const { settled, receiver, letters } = await runToLoki(t, {
      faults: { limits: { maxLineBytes: 200 } },
      files: { 'a.log': lines },
      sink: { max_line_bytes: 0 },
    });
    await settled(1000);
    const stats = await receiver.stats();
    assert.deepEqual([stats.lines, stats.duplicates], [997, 0]);
    const found = letters();
    assert.deepEqual(found.map(({ line }) => line).sort(), [`0 ${LONG}`, `500 ${LONG}`, `999 ${LONG}`]);
    for (const { reason, cause } of found) {
      assert.match(
        reason,
        /^400: max entry size '200' bytes exceeded for stream .* with length '30\d' bytes$/,
      );
      assert.equal(cause, 'too_large');
    }
  });

  it('streams with too many labels, and values that are too long: the other stream is not harmed', async t => {
    const { settled, receiver, letters } = await runToLoki(t, {
      faults: { limits: { maxLabelValueBytes: 60 } },
      files: { [`${'a'.repeat(100)}.log`]: numbered(5), 'b.log': numbered(5) },
    });
    await settled(10);
    assert.equal((await receiver.stats()).lines, 5);
    assert.equal(letters().length, 5);
    assert.ok(letters().every(({ reason }) => /has label value too long/.test(reason)));
  });

  it('all lines too old: all are letters', async t => {
    const { settled, letters } = await runToLoki(t, {
      faults: { limits: { maxAgeMs: 1 } },
      files: { 'a.log': numbered(50) },
    });
    await settled(50);
    assert.equal(letters().length, 50);
    assert.ok(letters().every(({ reason }) => /has timestamp too old: /.test(reason)));
  });

  it('lines above max_line_bytes never reach Loki: whole in the letters, or cut and counted', async t => {
    const files = { 'a.log': ['short', LONG] };
    const kept = await runToLoki(t, { files, sink: { max_line_bytes: 200 } });
    await kept.settled(2);
    assert.deepEqual(
      kept.letters().map(({ line, reason }) => [line, reason]),
      [[LONG, 'a line of 300 bytes: max_line_bytes is 200']],
    );
    const cut = await runToLoki(t, { files, sink: { max_line_bytes: 200, on_long_line: 'truncate' } });
    await cut.settled(2);
    assert.deepEqual(await cut.receiver.lines(), ['short', LONG.slice(0, 200)]);
    assert.equal(await cut.metric('sink_adjusted_total', 'what="line_cut"'), 1);
  });
});

/** Answers that store nothing, or say nothing of it: what follows is a retry of the same bytes. */
const OUTAGES: readonly (readonly [
  title: string,
  fault: NonNullable<FaultRequest['faults']>[number],
  kind: string,
])[] = [
  [
    'R5: 429 with Retry-After',
    { action: 'answer', status: 429, text: 'slow down', headers: { 'retry-after': '1' } },
    'rate_limited',
  ],
  ['R6: 260', { action: 'answer', status: 260, text: 'ingestion blocked for user fake' }, 'not_stored'],
  ['R8: stored, and the answer lost', { action: 'store_then_cut' }, 'network'],
  ['stored, and 500', { action: 'store_then_answer', status: 500, text: 'context canceled' }, 'unavailable'],
  ['the connection cut', { action: 'cut' }, 'network'],
  ['no answer', { action: 'hang' }, 'timeout'],
  ['a push damaged on its way', { action: 'answer', status: 400, text: 'snappy: corrupt input' }, 'internal'],
  [
    'a redirect',
    { action: 'answer', status: 302, headers: { location: 'http://127.0.0.1:9/' } },
    'unavailable',
  ],
  [
    'an HTML page',
    { action: 'answer', status: 400, text: '<html>', headers: { 'content-type': 'text/html' } },
    'unavailable',
  ],
  [
    'a login page',
    { action: 'answer', status: 200, text: '<html>', headers: { 'content-type': 'text/html' } },
    'not_stored',
  ],
  ['401', { action: 'answer', status: 401, text: 'no org id' }, 'unauthorized'],
  ['503 with a body of 20 MB', { action: 'answer', status: 503, text: 'x'.repeat(20 << 20) }, 'unavailable'],
];

describe('what Loki did not take', () => {
  for (const [title, fault, kind] of OUTAGES)
    it(`${title}: nothing is lost, nothing is there twice`, async t => {
      const { settled, receiver, metric, letters } = await runToLoki(t, {
        faults: { faults: [{ ...fault, pushes: 2 }] },
        files: { 'a.log': numbered(1000), 'b.log': numbered(1000, 1000) },
      });
      const startMs = performance.now();
      await settled(2000);
      if (kind === 'rate_limited') assert.ok(performance.now() - startMs > 900, 'Retry-After was honoured');
      const lines = await receiver.lines();
      assert.equal(new Set(lines).size, 2000);
      assert.equal(lines.length, 2000);
      assert.ok((await metric('sink_errors_total', `kind="${kind}"`)) > 0);
      assert.equal(await metric('logs_settled_total', 'outcome="delivered"'), 2000);
      assert.deepEqual(letters(), []);
    });

  it('R7: a push that its ingester finds too large is divided and delivered', async t => {
    const { settled, receiver, letters } = await runToLoki(t, {
      faults: { limits: { maxMessageBytes: 40_000 } },
      files: { 'a.log': numbered(5000).map(line => `${line} ${'x'.repeat(50)}`) },
    });
    await settled(5000);
    assert.equal((await receiver.stats()).lines, 5000);
    assert.deepEqual(letters(), []);
  });

  it('a proxy that allows small bodies only: divided and delivered', async t => {
    const { settled, receiver } = await runToLoki(t, {
      faults: { faults: [{ action: 'answer', status: 413, text: 'too large', pushes: 3 }] },
      files: { 'a.log': numbered(500) },
    });
    await settled(500);
    assert.equal((await receiver.stats()).lines, 500);
  });
});

it('O5: more streams than max_streams: bounded, every line there, one warning with the label and its source', async t => {
  const files = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`${n}.log`, [`the line of ${n}`]]));
  const { settled, receiver, agent } = await runToLoki(t, { files, sink: { max_streams: 20 } });
  await settled(300);
  const { lines, streams } = await receiver.stats();
  assert.equal(lines, 300);
  assert.ok(streams <= 20, `${streams} streams`);
  const warnings = agent.process
    .stderr()
    .split('\n')
    .filter(line => line.includes('loki.max_streams'));
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /"label":"filename".*"source":"app"/);
});
