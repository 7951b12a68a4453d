import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  ALL,
  batchOfLines,
  DLQ_DIR,
  deliver,
  linesIn,
  NOW_MS,
  reasonOf,
  startQueue,
} from '../../test/helpers/dead-letters.ts';
import { MemoryFs } from '../../test/helpers/memory-fs.ts';
import { answerOrder, requestOf } from './api.ts';
import type { DeadLetterQueue } from './dead-letter-queue.ts';
import { listLetters, readShelves } from './listing.ts';

const HOUR_MS = 3_600_000;
const BY_TEST = { isDry: false, by: 'test' };

async function stored(fs = new MemoryFs()) {
  const test = await startQueue(fs);
  const { queue } = test;
  await queue.store('loki', batchOfLines(['old rejected']), reasonOf('rejected', NOW_MS - 2 * HOUR_MS));
  await queue.store('loki', batchOfLines(['new rejected']), reasonOf('rejected'));
  await queue.store('loki', batchOfLines(['overflowed']), reasonOf('overflow'));
  await queue.store('kafka', batchOfLines(['too large']), reasonOf('too_large'));
  return { ...test, fs };
}

const linesOf = async (queue: DeadLetterQueue): Promise<string[]> =>
  (await queue.list({})).letters.map(({ line }) => line);

describe('listing', () => {
  it('shows counts and letters, filtered, oldest first a sink', async () => {
    const { queue } = await stored();
    const { groups, letters } = await queue.list({});
    assert.deepEqual(
      groups.map(({ sink, cause, records }) => [sink, cause, records]),
      [
        ['kafka', 'too_large', 1],
        ['loki', 'rejected', 2],
        ['loki', 'overflow', 1],
      ],
    );
    assert.deepEqual(letters.map(({ id }) => id).slice(0, 2), ['kafka:1:0', 'loki:1:0']);
    assert.deepEqual(
      (await queue.list({ sink: 'loki', limit: 1 })).letters.map(({ line }) => line),
      ['old rejected'],
    );
    assert.deepEqual(
      (await queue.list({ cause: 'rejected', sinceMs: NOW_MS - HOUR_MS })).letters.map(({ line }) => line),
      ['new rejected'],
    );
    assert.deepEqual((await queue.list({ ids: [letters[0]!.id] })).letters, [letters[0]]);
  });

  it('needs no lock and changes nothing: beside a running queue', async () => {
    const { queue, fs } = await stored();
    const before = await fs.readdir(`${DLQ_DIR}/loki`);
    const progress: number[] = [];
    const listing = await listLetters(fs, await readShelves(fs, DLQ_DIR), {}, (done, total) =>
      progress.push(done / total),
    );
    assert.deepEqual(listing, await queue.list({}));
    assert.equal(progress.at(-1), 1);
    assert.deepEqual(await fs.readdir(`${DLQ_DIR}/loki`), before);
  });
});

describe('an order of a person', () => {
  it('lets rejected letters go, once each, also after a restart', async () => {
    const { queue, fs } = await stored();
    const result = await queue.carryOut('replay', { cause: 'rejected' }, BY_TEST);
    assert.equal(result.records, 2);
    assert.equal((await queue.carryOut('replay', { cause: 'rejected' }, BY_TEST)).records, 2);
    assert.equal(queue.replayable('loki'), 3);
    const next = await startQueue(fs.afterPowerCut());
    assert.equal(next.queue.replayable('loki'), 3);
    const chunks = await next.queue.take('loki', ALL);
    assert.deepEqual(linesIn(chunks).sort(), ['new rejected', 'old rejected', 'overflowed']);
    for (const chunk of chunks) deliver(chunk);
    assert.deepEqual(await linesOf(next.queue), ['too large']);
    assert.equal(next.metrics.value('dlq_replayed_total', { sink: 'loki', cause: 'rejected' }), 2);
  });

  it('purges what the filter wants, counted, and leaves alone what is under way', async () => {
    const { queue, metrics, fs } = await stored();
    const [chunk] = await queue.take('loki', ALL);
    const result = await queue.carryOut('purge', { sink: 'loki' }, BY_TEST);
    assert.deepEqual([result.records, result.underWay], [2, 1]);
    assert.equal(metrics.value('dlq_dropped_total', { sink: 'loki', cause: 'rejected' }), 2);
    assert.deepEqual(await linesOf(queue), ['too large', 'overflowed']);
    chunk!.release();
    assert.equal(queue.replayable('loki'), 1);
    const next = await startQueue(fs.afterPowerCut());
    assert.deepEqual(await linesOf(next.queue), ['too large', 'overflowed']);
  });

  it('changes nothing when it is a dry run, and leaves a line in the audit when it is not', async () => {
    const { queue, fs } = await stored();
    for (const order of ['purge', 'replay'] as const) {
      assert.equal(
        (await queue.carryOut(order, { cause: 'rejected' }, { isDry: true, by: 'test' })).records,
        2,
      );
    }
    assert.equal((await linesOf(queue)).length, 4);
    assert.equal(queue.replayable('loki'), 1);
    await queue.carryOut(
      'purge',
      { cause: 'rejected', limit: 1, sinceMs: 0 },
      { isDry: false, by: 'somebody' },
    );
    const audit = (await fs.readFile(`${DLQ_DIR}/audit.ndjson`)).toString().trimEnd().split('\n');
    assert.equal(audit.length, 1);
    const { bytes, ...entry } = JSON.parse(audit[0]!);
    assert.ok(bytes > 100);
    assert.deepEqual(entry, {
      time: new Date(NOW_MS).toISOString(),
      order: 'purge',
      by: 'somebody',
      filter: { cause: 'rejected', limit: 1, since: '1970-01-01T00:00:00.000Z' },
      records: 1,
      underWay: 0,
    });
  });
});

describe('the API', () => {
  it('carries out what a filter asks for, as the command sends it', async () => {
    const { queue } = await stored();
    const filter = { sink: 'loki', cause: 'rejected' as const, sinceMs: NOW_MS - HOUR_MS, limit: 5 };
    const { status, body } = await answerOrder(queue, 'purge', JSON.stringify(requestOf(filter, false)));
    assert.equal(status, 200);
    assert.ok('records' in body && body.records === 1 && !body.dry_run && body.under_way === 0);
    assert.deepEqual(await linesOf(queue), ['too large', 'old rejected', 'overflowed']);
  });

  it('replays everything for an empty body, but purges everything only when told so', async () => {
    const { queue } = await stored();
    assert.equal((await answerOrder(queue, 'replay', '')).status, 200);
    assert.equal(queue.replayable('kafka'), 1);
    const refused = await answerOrder(queue, 'purge', '{}');
    assert.deepEqual(refused, { status: 400, body: { error: 'a purge without a filter needs "all": true' } });
    assert.equal((await answerOrder(queue, 'purge', '{"all": true}')).status, 200);
    assert.deepEqual(await linesOf(queue), []);
  });

  for (const body of [
    '[]',
    'null',
    '{',
    '1',
    '{"sinks":"loki"}',
    '{"__proto__":1}',
    '{"sink":1}',
    '{"cause":"bad"}',
    '{"since":"soon"}',
    '{"limit":0}',
    '{"limit":1.5}',
    '{"ids":[1]}',
    '{"dry_run":"yes"}',
    '{"toString":1}',
  ]) {
    it(`refuses ${body}`, async () => {
      const { queue } = await stored();
      const reply = await answerOrder(queue, 'purge', body);
      assert.equal(reply.status, 400);
      assert.ok('error' in reply.body);
      assert.equal((await linesOf(queue)).length, 4);
    });
  }
});
