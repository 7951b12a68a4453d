import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '../clock/manual-clock.ts';
import { MultiConsumerQueue } from './multi-consumer-queue.ts';

const ONE = { records: 1, bytes: 10 };

function newQueue(): { queue: MultiConsumerQueue<string>; clock: ManualClock; freed: string[] } {
  const clock = new ManualClock(1000);
  const freed: string[] = [];
  const onFree = (text: string): void => void freed.push(text);
  return { queue: new MultiConsumerQueue({ maxRecords: 100, maxBytes: 1000, clock, onFree }), clock, freed };
}

describe('QueueConsumer', () => {
  it('peeks without moving, so that a message can be kept before reading it frees it', () => {
    const { queue, freed } = newQueue();
    const reader = queue.createConsumer('reader');
    queue.publish('a', ONE);
    assert.equal(reader.peek()?.data, 'a');
    assert.equal(reader.peek()?.data, 'a');
    assert.deepEqual(freed, []);
    assert.equal(reader.read()?.data, 'a');
    assert.deepEqual(freed, ['a']);
    assert.equal(reader.peek(), undefined);
  });

  it('reads a batch within its limits, but one message at least', () => {
    const { queue } = newQueue();
    const reader = queue.createConsumer('reader');
    for (const bytes of [50, 10, 10, 10]) queue.publish('', { records: 2, bytes });
    assert.equal(reader.readBatch({ bytes: 20 }).length, 1);
    assert.equal(reader.readBatch({ bytes: 20 }).length, 2);
    assert.equal(reader.readBatch({ records: 1 }).length, 1);
    assert.equal(reader.readBatch({ messages: 5 }).length, 0);
  });

  it('frees nothing that was read and not acknowledged, and delivers it again after rewind', () => {
    const { queue, freed } = newQueue();
    const reader = queue.createConsumer('reader', { acknowledge: 'explicit' });
    for (const text of ['a', 'b', 'c']) queue.publish(text, ONE);
    reader.readBatch({});
    assert.equal(reader.acknowledge(1), 1);
    assert.equal(reader.acknowledge(1), 0);
    assert.deepEqual(freed, ['a']);
    reader.rewind();
    assert.equal(reader.read()?.data, 'b');
  });

  it('cannot acknowledge what it has not read', () => {
    const { queue } = newQueue();
    const reader = queue.createConsumer('reader', { acknowledge: 'explicit' });
    queue.publish('a', ONE);
    for (const sequence of [1, 2, 0.5, Number.NaN]) {
      assert.throws(() => reader.acknowledge(sequence), { code: 'LC_QUEUE_SEQUENCE' });
    }
  });

  it('knows its lag in messages, records, bytes and age', async () => {
    const { queue, clock } = newQueue();
    const reader = queue.createConsumer('reader');
    assert.deepEqual(reader.lag(), { messages: 0, records: 0, bytes: 0, oldestAtMs: undefined });
    queue.publish('a', { records: 2, bytes: 10 });
    await clock.advance(500);
    queue.publish('b', { records: 3, bytes: 20 });
    assert.deepEqual(reader.lag(), { messages: 2, records: 5, bytes: 30, oldestAtMs: 1000 });
    reader.read();
    assert.deepEqual(reader.lag(), { messages: 1, records: 3, bytes: 20, oldestAtMs: 1500 });
  });

  it('is of no use once it was closed', () => {
    const { queue } = newQueue();
    const reader = queue.createConsumer('reader', { acknowledge: 'explicit' });
    reader.close();
    const uses = [
      () => reader.peek(),
      () => reader.read(),
      () => reader.readBatch({}),
      () => reader.acknowledge(0),
      () => reader.rewind(),
      () => reader.onMessage(() => undefined),
    ];
    for (const use of uses) assert.throws(use, { code: 'LC_QUEUE_CONSUMER_UNKNOWN', message: /was closed/ });
  });

  it('holds nothing any more once it was removed', () => {
    const { queue } = newQueue();
    const reader = queue.createConsumer('reader');
    queue.publish('a', ONE);
    reader.close();
    queue.publish('b', ONE);
    assert.deepEqual(reader.lag(), { messages: 0, records: 0, bytes: 0, oldestAtMs: undefined });
  });

  it('does not disturb, closed twice, the next consumer of its name', () => {
    const { queue } = newQueue();
    const first = queue.createConsumer('reader', { acknowledge: 'explicit' });
    first.close();
    const second = queue.createConsumer('reader', { acknowledge: 'explicit' });
    first.close();
    queue.publish('a', ONE);
    assert.equal(second.read()?.data, 'a');
  });
});

describe('stale consumers', () => {
  it('are those that had something to read and did nothing for a while', async () => {
    const { queue, clock, freed } = newQueue();
    const [busy, stuck] = [queue.createConsumer('busy'), queue.createConsumer('stuck')];
    await clock.advance(60_000);
    for (const text of ['a', 'b']) queue.publish(text, ONE);
    assert.deepEqual(queue.detectStaleConsumers(1000), [], 'an empty queue makes nobody stale');
    await clock.advance(900);
    busy.read();
    await clock.advance(100);
    assert.deepEqual(
      queue.detectStaleConsumers(1000).map(({ name, idleMs, lag }) => [name, idleMs, lag.messages]),
      [['stuck', 1000, 2]],
    );
    assert.deepEqual(queue.removeStaleConsumers(1000, 3), []);
    assert.deepEqual(
      queue.removeStaleConsumers(1000).map(({ name }) => name),
      ['stuck'],
    );
    assert.deepEqual(freed, ['a']);
    assert.throws(() => stuck.read(), { code: 'LC_QUEUE_CONSUMER_UNKNOWN', message: /was removed/ });
    assert.equal(busy.read()?.data, 'b');
  });

  it('are not made by a wall clock that jumps', () => {
    const { queue, clock } = newQueue();
    queue.createConsumer('reader');
    queue.publish('a', ONE);
    clock.jumpWall(3_600_000);
    assert.deepEqual(queue.detectStaleConsumers(1000), []);
  });

  it('are not those that came back or acknowledged a moment ago', async () => {
    const { queue, clock } = newQueue();
    queue.createConsumer('reader', { acknowledge: 'explicit' }).close();
    for (const text of ['a', 'b']) queue.publish(text, ONE);
    await clock.advance(1000);
    const reader = queue.createConsumer('reader', { acknowledge: 'explicit' });
    assert.deepEqual(queue.detectStaleConsumers(1000), []);
    reader.read();
    await clock.advance(1000);
    reader.acknowledge(1);
    assert.deepEqual(queue.detectStaleConsumers(1000), []);
  });

  it('can be a closed one whose place is kept', async () => {
    const { queue, clock } = newQueue();
    queue.createConsumer('gone', { acknowledge: 'explicit' }).close();
    queue.publish('a', ONE);
    await clock.advance(10);
    assert.deepEqual(
      queue.removeStaleConsumers(10).map(({ name }) => name),
      ['gone'],
    );
    assert.equal(queue.memoryStats().messages, 0);
  });
});

it('lag statistics name the slowest consumer', () => {
  const { queue } = newQueue();
  assert.deepEqual(queue.lagStatistics(), {
    ...{ consumers: 0, maxMessages: 0, averageMessages: 0, maxRecords: 0, maxBytes: 0, slowest: undefined },
  });
  const fast = queue.createConsumer('fast');
  queue.createConsumer('slow');
  for (let i = 0; i < 4; i++) queue.publish('', { records: 2, bytes: 3 });
  fast.readBatch({ messages: 2 });
  assert.deepEqual(queue.lagStatistics(), {
    ...{ consumers: 2, maxMessages: 4, averageMessages: 3, maxRecords: 8, maxBytes: 12, slowest: 'slow' },
  });
});
