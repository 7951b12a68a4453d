/**
 * Every recorded answer of a real Loki that refuses something, through the sink: what was refused is named exactly and
 * in Loki's own words, everything else is stored once.
 */
import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import type { Batch } from '../../pkg/types/batch.ts';
import type { Outcome } from '../../pkg/types/outcome.ts';
import { batchOf } from '../helpers/batches.ts';
import { numbered } from '../helpers/chunks.ts';
import { connectLoki, type LokiPair, type LokiPairOptions, linesAt } from '../helpers/loki-pair.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const LONG = 'x'.repeat(300 * 1024);
/** Loki is asked about each line and each label. */
const UNLIMITED = {
  max_line_bytes: 0,
  max_label_names: 0,
  max_label_name_bytes: 0,
  max_label_value_bytes: 0,
};

interface Case {
  readonly title: string;
  readonly batch: Batch;
  /** The records refused, and the words for each of them. */
  readonly refused: Readonly<Record<number, RegExp>>;
  /** Two where Loki does not say of the rest that it is stored: beside bad labels, or lines that may be late. */
  readonly pushes: number;
  readonly options?: LokiPairOptions;
}

const TOO_OLD = /^400: entry for stream '\{.*\}' has timestamp too old: /;
const TOO_LONG = /^400: max entry size '262144' bytes exceeded for stream '\{/;

const CASES: readonly Case[] = [
  {
    title: 'one line of 300 KiB between two good ones',
    batch: batchOf(linesAt({ job: 'b' }, ['one', LONG, 'two'])),
    refused: { 1: TOO_LONG },
    pushes: 1,
  },
  {
    title: 'several bad streams',
    batch: batchOf(
      linesAt({ job: 'n5' }, [LONG, 'good']),
      linesAt({ job: 'n6' }, [LONG, LONG]),
      linesAt({ job: 'n7' }, [['old', -8 * DAY]]),
    ),
    refused: { 0: TOO_LONG, 2: TOO_LONG, 3: TOO_LONG, 4: TOO_OLD },
    pushes: 2,
  },
  {
    title: '8 days old, 1 h in the future, and a good one',
    batch: batchOf(linesAt({ job: 'c' }, [['old', -8 * DAY], ['new', HOUR], 'good'])),
    refused: {
      0: TOO_OLD,
      1: /^400: entry for stream '\{.*\}' has timestamp too new: 2026-11-21T08:24:32Z$/,
    },
    pushes: 1,
  },
  {
    title: 'the limit of age within a second',
    batch: batchOf(
      linesAt(
        { job: 'c' },
        [-2, -1, 0, 1, 2].map(ms => [`${ms}`, ms - 7 * DAY] as const),
      ),
    ),
    refused: { 0: TOO_OLD, 1: TOO_OLD },
    pushes: 1,
  },
  {
    title: 'the limit of the future within a second',
    batch: batchOf(
      linesAt(
        { job: 'c' },
        [2, 1, -1, -2].map(ms => [`${ms}`, ms + HOUR / 6] as const),
      ),
    ),
    refused: { 0: /too new/, 1: /too new/ },
    pushes: 1,
  },
  {
    title: 'a thousand seconds that are too old, each with words of its own',
    batch: batchOf(
      linesAt({ job: 'c' }, [
        ...numbered('good', 5),
        ...numbered('old', 995).map((line, n) => [line, n * 1000 - 9 * DAY] as const),
      ]),
    ),
    refused: Object.fromEntries(Array.from({ length: 995 }, (_, n) => [n + 5, TOO_OLD])),
    pushes: 1,
  },
  {
    title: 'so many reasons that the answer is not read to its end',
    batch: batchOf(
      linesAt({ job: 'c', x: 'y'.repeat(2000) }, [
        ...numbered('old', 300).map((line, n) => [line, n * 1000 - 9 * DAY] as const),
        'good',
      ]),
    ),
    refused: Object.fromEntries(Array.from({ length: 300 }, (_, n) => [n, TOO_OLD])),
    pushes: 3,
  },
  {
    title: 'time 0',
    batch: batchOf(linesAt({ job: 'z' }, [['zero', -1_795_245_872_373], 'good'])),
    refused: { 0: /too old: 1970-01-01T00:00:00Z/ },
    pushes: 1,
  },
  {
    title: '20 labels, and a good stream',
    batch: batchOf(
      linesAt(Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`l${i}`, 'v'])), ['x', 'y']),
      linesAt({ job: 'a' }, ['good']),
    ),
    refused: { 0: /has 20 label names; limit 15$/, 1: /has 20 label names; limit 15$/ },
    pushes: 2,
  },
  {
    title: 'a label value of 3000 B, and a good line',
    batch: batchOf(linesAt({ job: 'e', x: "y'".repeat(1500) }, ['x']), linesAt({ job: 'e' }, ['good'])),
    refused: { 0: /^400: stream '\{job="e"/ },
    pushes: 2,
  },
  {
    title: 'a label name of 1100 B, and a good stream',
    batch: batchOf(linesAt({ ['n'.repeat(1100)]: 'v' }, ['x']), linesAt({ job: 'a' }, ['good'])),
    refused: { 0: /^400: stream '\{nnn/ },
    pushes: 2,
  },
];

/** Who was refused, each with the words that were said of it. */
function refusals(outcome: Outcome): Record<number, string> {
  if (outcome.kind !== 'rejected') return {};
  return Object.fromEntries(
    outcome.refusals.flatMap(({ records, message }) => Array.from(records, record => [record, message])),
  );
}

function assertRefused(outcome: Outcome, expected: Readonly<Record<number, RegExp>>): void {
  const found = refusals(outcome);
  assert.deepEqual(Object.keys(found), Object.keys(expected));
  for (const [record, words] of Object.entries(expected)) assert.match(found[Number(record)]!, words);
}

describe('what Loki refuses', () => {
  for (const { title, batch, refused, pushes, options } of CASES)
    it(title, async t => {
      const { loki, send } = await connectLoki(t, { sink: UNLIMITED, ...options });
      assertRefused(await send(batch), refused);
      const stats = loki.receiver.stats();
      assert.equal(stats.lines, batch.records - Object.keys(refused).length);
      assert.equal(stats.pushes, pushes);
    });
});

for (const other of [{}, { trace: 't' }])
  test(`metadata too large: the stream that Loki sees as one with it is not harmed (${JSON.stringify(other)})`, async t => {
    const { loki, send } = await connectLoki(t, { sink: { ...UNLIMITED, structured_metadata: ['trace'] } });
    const big = linesAt({ job: 'a', trace: 't'.repeat(70_000) }, ['x', 'y']);
    const outcome = await send(batchOf(linesAt({ job: 'a', ...other }, ['good']), big));
    assertRefused(outcome, { 1: /structured metadata too large/, 2: /structured metadata too large/ });
    assert.equal(loki.receiver.stats().lines, 1);
  });

/** Lines 3 h behind a stream's newest, among good ones. */
function behind(count: number): Batch {
  const late = numbered('late', count).map((line, n) => [line, n * 1000 - 3 * HOUR] as const);
  return batchOf(
    linesAt({ job: 'other' }, ['old', ['x', -8 * DAY]]),
    linesAt({ job: 'f' }, [...late, 'good']),
  );
}

async function withNewest(pair: LokiPair): Promise<void> {
  assert.deepEqual(await pair.send(batchOf(linesAt({ job: 'f' }, ['newest']))), { kind: 'delivered' });
}

for (const count of [1, 10, 25])
  test(`${count} lines 3 h behind the newest: found, although the answer tells of one stream and ten entries`, async t => {
    const pair = await connectLoki(t, { sink: UNLIMITED });
    await withNewest(pair);
    const late = Array.from({ length: count }, (_, n) => [n + 2, /entry too far behind/] as const);
    assertRefused(await pair.send(behind(count)), { 1: TOO_OLD, ...Object.fromEntries(late) });
    const stats = pair.loki.receiver.stats();
    assert.equal(stats.lines, 3);
    assert.ok(stats.pushes <= 6, `${stats.pushes} pushes`);
  });

test('above the rate of one stream: that stream waits, the others are stored', async t => {
  const { loki, send } = await connectLoki(t, {
    limits: { streamRateBytes: 1000, streamRateBurstBytes: 1500 },
  });
  const batch = batchOf(
    linesAt({ job: 'quiet' }, numbered('q', 5)),
    linesAt({ job: 'loud' }, numbered('l'.repeat(100), 30)),
  );
  const outcome = await send(batch);
  assert.ok(outcome.kind === 'retry' && outcome.failure.kind === 'rate_limited');
  assert.deepEqual(
    [...outcome.rest!],
    Array.from({ length: 30 }, (_, n) => n + 5),
  );
  await loki.clock.advance(5000);
  assert.equal((await loki.stored()).filter(line => line.includes('quiet')).length, 5);
});

test('6000 streams at once, limit 5000: 4980 are stored, the rest waits, known streams are not disturbed', async t => {
  const { loki, send } = await connectLoki(t);
  const streams = (job: string, count: number) =>
    Array.from({ length: count }, (_, i) => linesAt({ i: String(i), job }, ['x']));
  await send(batchOf(...streams('before', 20)));
  const outcome = await send(batchOf(...streams('ms', 6000)));
  assert.ok(outcome.kind === 'retry' && outcome.afterMs === 30_000);
  assert.match(outcome.failure.message, /^429: maximum active stream limit exceeded/);
  assert.deepEqual(
    [...outcome.rest!],
    Array.from({ length: 1020 }, (_, n) => 4980 + n),
  );
  assert.equal(loki.receiver.stats().lines, 5000);
  assert.ok(loki.receiver.stats().pushes < 60, `${loki.receiver.stats().pushes} pushes`);
  const known = await send(
    batchOf(linesAt({ i: '5999', job: 'ms' }, ['x']), linesAt({ i: '3', job: 'before' }, ['y'])),
  );
  assert.deepEqual(known.kind === 'retry' && [...known.rest!], [0]);
});
