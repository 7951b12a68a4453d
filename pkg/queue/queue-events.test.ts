import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ManualClock } from '../clock/manual-clock.ts';
import { MultiConsumerQueue } from './multi-consumer-queue.ts';
import type { QueueEvents } from './queue-events.ts';

const weigh = (bytes: number): { records: number; bytes: number } => ({ records: 1, bytes });
const NAMES: readonly (keyof QueueEvents)[] = [
  'Started',
  'Shutdown',
  'MessageAdded',
  'MemoryLow',
  'MemoryNormal',
  'Full',
  'GroupCompleted',
];

function newQueue(): { queue: MultiConsumerQueue<string>; heard: [string, ...unknown[]][] } {
  const queue = new MultiConsumerQueue<string>({
    maxRecords: 100,
    maxBytes: 100,
    memoryThresholdBytes: 50,
    clock: new ManualClock(),
  });
  const heard: [string, ...unknown[]][] = [];
  for (const name of NAMES) queue.on(name, (...event: unknown[]) => heard.push([name, ...event]));
  return { queue, heard };
}

describe('events of a MultiConsumerQueue', () => {
  it('example: someone listens for Full, and stops listening', () => {
    const { queue } = newQueue();
    let full = 0;
    const stop = queue.on('Full', () => full++);
    queue.publish('a', weigh(100));
    queue.tryPublish('b', weigh(1));
    stop();
    queue.collectGarbage();
    queue.publish('c', weigh(100));
    queue.tryPublish('d', weigh(1));
    assert.equal(full, 1);
  });

  it('tells of its start to those who listen right after it was made, and of its end', async () => {
    const { queue, heard } = newQueue();
    await Promise.resolve();
    queue.publish('unread', weigh(1));
    queue.close();
    assert.deepEqual(
      heard.filter(([name]) => name !== 'MessageAdded'),
      [['Started'], ['Shutdown', { messages: 1 }]],
    );
  });

  it('tells of each message with its sequence, producer and group', () => {
    const { queue, heard } = newQueue();
    queue.publish('a', weigh(1), { producer: 'p', group: { id: 'g' } });
    queue.publish('b', weigh(1));
    assert.deepEqual(heard, [
      ['MessageAdded', { sequence: 1, producer: 'p', group: 'g' }],
      ['MessageAdded', { sequence: 2, producer: '', group: undefined }],
    ]);
  });

  it('tells once when the memory threshold is reached, and once when it is left', () => {
    const { queue, heard } = newQueue();
    const reader = queue.createConsumer('reader');
    for (const bytes of [40, 10, 20]) queue.publish('', weigh(bytes));
    assert.equal(queue.memoryStats().isMemoryLow, true);
    reader.readBatch({});
    assert.equal(queue.memoryStats().isMemoryLow, false);
    assert.deepEqual(
      heard.filter(([name]) => name !== 'MessageAdded'),
      [
        ['MemoryLow', { bytes: 50, thresholdBytes: 50 }],
        ['MemoryNormal', { bytes: 0, thresholdBytes: 50 }],
      ],
    );
  });

  it('tells once that it is full, and again only after a message has found room', async () => {
    const { queue, heard } = newQueue();
    const reader = queue.createConsumer('reader');
    queue.publish('a', weigh(100));
    queue.tryPublish('b', weigh(7));
    assert.throws(() => queue.publish('b', weigh(7)));
    const published = queue.whenRoom(weigh(100)).then(() => queue.publish('b', weigh(100)));
    reader.read();
    await published;
    queue.tryPublish('c', weigh(8));
    assert.deepEqual(
      heard.filter(([name]) => name === 'Full'),
      [
        ['Full', { records: 1, bytes: 7 }],
        ['Full', { records: 1, bytes: 8 }],
      ],
    );
  });
});

it('is not full because someone waits who leaves room to others', async () => {
  const { queue, heard } = newQueue();
  queue.publish('a', weigh(60));
  const patient = queue.whenRoom(weigh(10), { rank: 0, spare: weigh(50) });
  await queue.whenRoom(weigh(10), { rank: 1, spare: { records: 0, bytes: 0 } });
  queue.publish('b', weigh(10));
  assert.deepEqual(
    heard.filter(([name]) => name === 'Full'),
    [],
  );
  queue.close();
  await assert.rejects(patient, { code: 'LC_QUEUE_CLOSED' });
});

describe('groups of a MultiConsumerQueue', () => {
  const completed = (heard: [string, ...unknown[]][]): unknown[] =>
    heard.filter(([name]) => name === 'GroupCompleted').map(([, event]) => event);

  it('example: a group is complete when every consumer has read all of it', () => {
    const { queue, heard } = newQueue();
    const [one, two] = [queue.createConsumer('one'), queue.createConsumer('two')];
    queue.publish('a', weigh(1), { group: { id: 'g', size: 2 } });
    queue.publish('b', weigh(1), { group: { id: 'g' } });
    one.readBatch({});
    two.read();
    assert.deepEqual(completed(heard), []);
    two.read();
    assert.deepEqual(completed(heard), [{ group: 'g', messages: 2 }]);
    assert.equal(queue.stats().groups, 0);
  });

  it('waits for the message that says it is the last one', () => {
    const { queue, heard } = newQueue();
    const reader = queue.createConsumer('reader');
    queue.publish('a', weigh(1), { group: { id: 'g' } });
    reader.read();
    assert.deepEqual(completed(heard), []);
    queue.publish('b', weigh(1), { group: { id: 'g', isLast: true } });
    reader.read();
    assert.deepEqual(completed(heard), [{ group: 'g', messages: 2 }]);
  });

  it('refuses a message more than the group has, and changes nothing then', () => {
    const { queue } = newQueue();
    queue.publish('a', weigh(1), { group: { id: 'g', size: 1 } });
    const isConfigError = { code: 'LC_QUEUE_CONFIG' };
    assert.throws(() => queue.publish('b', weigh(1), { group: { id: 'g' } }), isConfigError);
    assert.throws(() => queue.publish('b', weigh(1), { group: { id: 'g', size: 2 } }), isConfigError);
    assert.throws(() => queue.publish('b', weigh(1), { group: { id: 'h', size: 0 } }), isConfigError);
    assert.deepEqual([queue.stats().published, queue.stats().groups], [1, 1]);
  });

  it('completes each of several interleaved groups once, with its last message', () => {
    const history = fc.array(fc.constantFrom('x', 'y', 'z'), { minLength: 1, maxLength: 60, size: 'max' });
    fc.assert(
      fc.property(history, ids => {
        const { queue, heard } = newQueue();
        const reader = queue.createConsumer('reader');
        ids.forEach((id, i) => {
          queue.publish(id, weigh(1), { group: { id, isLast: ids.lastIndexOf(id) === i } });
        });
        ids.forEach((_, i) => {
          reader.read();
          const done = [...new Set(ids)].filter(id => ids.lastIndexOf(id) <= i);
          assert.equal(completed(heard).length, done.length);
        });
        const sizes = Map.groupBy<string, string>(ids, id => id);
        for (const event of completed(heard) as QueueEvents['GroupCompleted']) {
          assert.equal(event.messages, sizes.get(event.group)?.length);
        }
      }),
      { numRuns: 50 },
    );
  });
});
