import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  ALL,
  batchOfLines,
  DLQ_DIR,
  deliver,
  linesIn,
  NOW_MS,
  reasonOf,
  startQueue,
  type TestQueue,
} from '../../test/helpers/dead-letters.ts';
import { MemoryFs } from '../../test/helpers/memory-fs.ts';

/** Letters of such a line take about 400 bytes. */
const LINE = 'x'.repeat(100);
const OVERFLOW = { sink: 'loki', cause: 'overflow' };

async function bytesOnDisk(fs: MemoryFs): Promise<number> {
  let bytes = 0;
  for (const sink of ['loki', 'kafka']) {
    for (const name of await fs.readdir(`${DLQ_DIR}/${sink}`)) {
      if (name.endsWith('.ndjson')) bytes += (await fs.stat(`${DLQ_DIR}/${sink}/${name}`)).size;
    }
  }
  return bytes;
}

async function linesLeft({ queue }: TestQueue): Promise<string[]> {
  return (await queue.list({ limit: 10_000 })).letters.map(({ line }) => line);
}

/** Whether a promise has settled by the time everything that can happen has. */
async function isSettled(promise: Promise<unknown>, { clock }: TestQueue): Promise<boolean> {
  let settled = false;
  void promise.then(() => {
    settled = true;
  });
  await clock.advance(0);
  return settled;
}

describe('the bound of the disk space', () => {
  it('makes whoever stores wait until letters have gone, with on_full: block', async () => {
    const fs = new MemoryFs();
    const test = await startQueue(fs, { maxBytes: 2000, segmentBytes: 500 });
    const { queue } = test;
    let stored = 0;
    while (
      (await queue.store('loki', batchOfLines([`${stored} ${LINE}`]), reasonOf('overflow'))) === 'stored'
    )
      stored++;
    assert.ok(stored >= 3);
    assert.equal(queue.health().status, 'degraded');
    const room = queue.room('kafka');
    assert.equal(await isSettled(room, test), false);
    const [chunk] = await queue.take('loki', { records: 1, bytes: 1 });
    deliver(chunk!);
    await room;
    assert.equal(queue.health().status, 'ok');
    assert.equal(
      await queue.store('loki', batchOfLines([`${stored} ${LINE}`]), reasonOf('overflow')),
      'stored',
    );
    assert.ok((await bytesOnDisk(fs)) <= 2000);
    assert.equal((await linesLeft(test)).length, stored);
  });

  it('costs the oldest letters, counted, with on_full: drop_oldest', async () => {
    const test = await startQueue(new MemoryFs(), {
      maxBytes: 2000,
      segmentBytes: 500,
      onFull: 'drop_oldest',
    });
    const lines = Array.from({ length: 20 }, (_, i) => `${i} ${LINE}`);
    for (const line of lines) {
      assert.equal(await test.queue.store('loki', batchOfLines([line]), reasonOf('overflow')), 'stored');
    }
    const left = await linesLeft(test);
    assert.ok(left.length >= 3);
    assert.deepEqual(left, lines.slice(-left.length));
    assert.equal(test.metrics.value('dlq_dropped_total', OVERFLOW), 20 - left.length);
    test.metrics.collect();
    assert.equal(test.metrics.value('dlq_records', OVERFLOW), left.length);
  });

  it('does not drop what is under way', async () => {
    const test = await startQueue(new MemoryFs(), {
      maxBytes: 1000,
      segmentBytes: 500,
      onFull: 'drop_oldest',
    });
    const store = () => test.queue.store('loki', batchOfLines([LINE]), reasonOf('overflow'));
    await store();
    await store();
    const chunks = await test.queue.take('loki', ALL);
    assert.equal(await store(), 'full');
    const room = test.queue.room('loki');
    for (const chunk of chunks) deliver(chunk);
    await room;
    assert.equal(await store(), 'stored');
  });

  it('is never passed, whatever comes, but by a batch that is alone', async () => {
    const size = fc.record({
      lines: fc.integer({ min: 1, max: 8 }),
      sink: fc.constantFrom('loki', 'kafka'),
      isAuto: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(size, { maxLength: 4 }), { maxLength: 10 }),
        fc.constantFrom('block' as const, 'drop_oldest' as const),
        async (rounds, onFull) => {
          const fs = new MemoryFs();
          const { queue } = await startQueue(fs, { maxBytes: 4000, segmentBytes: 1000, onFull });
          for (const round of rounds) {
            const results = await Promise.all(
              round.map(({ lines, sink, isAuto }) =>
                queue.store(
                  sink,
                  batchOfLines(Array(lines).fill('a "b"')),
                  reasonOf(isAuto ? 'overflow' : 'rejected'),
                ),
              ),
            );
            assert.ok(results.every(result => result === 'stored' || result === 'full'));
            assert.ok((await bytesOnDisk(fs)) <= 4000);
          }
          await queue.close();
        },
      ),
    );
    const { queue } = await startQueue(new MemoryFs(), { maxBytes: 1000 });
    assert.equal(
      await queue.store('loki', batchOfLines(Array(100).fill(LINE)), reasonOf('overflow')),
      'stored',
    );
  });
});

describe('the bound of the age', () => {
  it('drops segments whose last letter is too old, at the time, counted, and leaves no timer', async () => {
    const fs = new MemoryFs();
    const test = await startQueue(fs, { maxAgeMs: 100_000 });
    await test.queue.store('loki', batchOfLines(['old']), reasonOf('overflow'));
    await test.clock.advance(60_000);
    await test.queue.store('loki', batchOfLines(['young']), reasonOf('overflow', NOW_MS + 60_000));
    await test.clock.advance(50_000);
    assert.deepEqual(await linesLeft(test), ['young']);
    assert.equal(test.metrics.value('dlq_dropped_total', OVERFLOW), 1);
    await test.clock.advance(60_000);
    assert.deepEqual(await linesLeft(test), []);
    assert.equal(test.clock.armed, 0);
    assert.deepEqual(await fs.readdir(`${DLQ_DIR}/loki`), []);
  });

  it('holds at the start as well', async () => {
    const fs = new MemoryFs();
    const { queue } = await startQueue(fs);
    await queue.store('loki', batchOfLines(['old']), reasonOf('rejected', NOW_MS - 8 * 86_400_000));
    await queue.store('loki', batchOfLines(['young']), reasonOf('overflow', NOW_MS - 6 * 86_400_000));
    await queue.close();
    const next = await startQueue(fs);
    assert.deepEqual(await linesLeft(next), ['young']);
    assert.deepEqual(linesIn(await next.queue.take('loki', ALL)), ['young']);
  });
});
