import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  ALL,
  batchOfLines,
  DLQ_DIR,
  deliver,
  linesIn,
  newProcess,
  newQueue,
  reasonOf,
  startQueue,
} from '../../test/helpers/dead-letters.ts';
import { MemoryFs } from '../../test/helpers/memory-fs.ts';

const SEGMENT = `${DLQ_DIR}/loki/00000001.ndjson`;

describe('DeadLetterQueue', () => {
  it('example: what was stored is there after a loss of power, and goes again', async () => {
    const fs = new MemoryFs();
    const { queue } = await startQueue(fs);
    assert.equal(await queue.store('loki', batchOfLines(['one', 'two "2"']), reasonOf('overflow')), 'stored');
    assert.equal(queue.replayable('loki'), 2);

    const next = await startQueue(fs.afterPowerCut());
    assert.equal(next.queue.replayable('loki'), 2);
    const chunks = await next.queue.take('loki', ALL);
    assert.deepEqual(linesIn(chunks), ['one', 'two "2"']);
    assert.equal(next.queue.replayable('loki'), 0);
    for (const chunk of chunks) deliver(chunk);
    await next.queue.close();
    assert.equal(next.metrics.value('dlq_replayed_total', { sink: 'loki', cause: 'overflow' }), 2);
  });

  it('writes letters that people and programs can read', async () => {
    const fs = new MemoryFs();
    const { queue } = await startQueue(fs);
    await queue.store('loki', batchOfLines(['a\tb'], { job: 'web', host: 'é' }), reasonOf('rejected'));
    const [line, rest] = (await fs.readFile(SEGMENT)).toString().split('\n');
    assert.equal(rest, '');
    const { crc, ...letter } = JSON.parse(line!);
    assert.match(crc, /^[0-9a-f]{8}$/);
    assert.deepEqual(letter, {
      line: 'a\tb',
      labels: { host: 'é', job: 'web' },
      time: '2023-11-14T22:13:20.000000000Z',
      sink: 'loki',
      cause: 'rejected',
      kind: 'unavailable',
      reason: 'it said "no"',
      attempts: 3,
      first: '2023-11-14T22:13:19.000Z',
      last: '2023-11-14T22:13:20.000Z',
      monitor: 'file',
      source: 'test',
      position: null,
    });
  });

  it('keeps no file of what was delivered after all', async () => {
    const fs = new MemoryFs();
    const { queue } = await startQueue(fs);
    await queue.store('loki', batchOfLines(['one']), reasonOf('overflow'));
    for (const chunk of await queue.take('loki', ALL)) deliver(chunk);
    await queue.close();
    assert.deepEqual(await fs.readdir(`${DLQ_DIR}/loki`), []);
  });

  it('gives nothing of what waits for a person, or of any cause when replay is manual', async () => {
    const { queue } = await startQueue(new MemoryFs());
    await queue.store('loki', batchOfLines(['one']), reasonOf('rejected'));
    assert.equal(queue.replayable('loki'), 0);
    assert.deepEqual(await queue.take('loki', ALL), []);
    const manual = await startQueue(new MemoryFs(), { replay: 'manual' });
    await manual.queue.store('loki', batchOfLines(['one']), reasonOf('overflow'));
    assert.deepEqual([manual.queue.replayable('loki'), await manual.queue.take('loki', ALL)], [0, []]);
  });

  it('keeps a second process out', async () => {
    const fs = new MemoryFs();
    const alive = { processes: { ...newProcess(7), isAlive: async () => true } };
    await newQueue(fs, {}, alive).queue.start();
    await assert.rejects(newQueue(fs, {}, alive).queue.start(), { code: 'LC_STATE_LOCKED' });
  });
});
