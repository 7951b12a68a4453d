import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { ManualClock } from '../clock/manual-clock.ts';
import { MultiConsumerQueue } from './multi-consumer-queue.ts';

const weigh = (bytes: number): { records: number; bytes: number } => ({ records: 1, bytes });

function newQueue(maxBytes: number): MultiConsumerQueue<string> {
  return new MultiConsumerQueue({ maxRecords: 1000, maxBytes, clock: new ManualClock() });
}

describe('room in a MultiConsumerQueue', () => {
  it('example: a publisher waits until a consumer has made room', async () => {
    const queue = newQueue(10);
    const reader = queue.createConsumer('reader');
    queue.publish('a', weigh(10));
    const published = queue.whenRoom(weigh(5)).then(() => queue.publish('b', weigh(5)));
    assert.equal(queue.stats().waiting, 1);
    reader.read();
    assert.equal(await published, 2);
  });

  it('is bounded in records and in bytes, strictly', () => {
    const queue = new MultiConsumerQueue<string>({ maxRecords: 3, maxBytes: 100, clock: new ManualClock() });
    queue.publish('a', { records: 2, bytes: 60 });
    assert.equal(queue.hasRoom({ records: 1, bytes: 40 }), true);
    assert.equal(queue.hasRoom({ records: 2, bytes: 1 }), false);
    assert.equal(queue.hasRoom({ records: 1, bytes: 41 }), false);
    assert.throws(() => queue.publish('b', { records: 2, bytes: 1 }), { code: 'LC_QUEUE_FULL' });
    assert.equal(queue.tryPublish('b', { records: 1, bytes: 41 }), undefined);
    assert.equal(queue.tryPublish('b', { records: 1, bytes: 40 }), 2);
  });

  it('takes a message larger than its bounds when it is empty, so that nothing is stuck', async () => {
    const queue = newQueue(10);
    const reader = queue.createConsumer('reader');
    queue.publish('small', weigh(1));
    const published = queue.whenRoom(weigh(500)).then(() => queue.publish('huge', weigh(500)));
    reader.read();
    await published;
    assert.equal(queue.memoryStats().utilization, 50);
    assert.equal(queue.hasRoom(weigh(1)), false);
    assert.equal(reader.read()?.data, 'huge');
    assert.equal(queue.hasRoom(weigh(1)), true);
  });

  it('lets nobody overtake: not the small, not those who do not wait', async () => {
    const queue = newQueue(10);
    const reader = queue.createConsumer('reader');
    queue.publish('first', weigh(6));
    const order: string[] = [];
    const wait = (name: string, bytes: number): Promise<void> =>
      queue.whenRoom(weigh(bytes)).then(() => {
        queue.publish(name, weigh(bytes));
        order.push(name);
      });
    const waiting = [wait('big', 9), wait('small', 1)];
    assert.equal(queue.hasRoom(weigh(1)), false);
    assert.equal(queue.tryPublish('impatient', weigh(1)), undefined);
    assert.throws(() => queue.publish('impatient', weigh(1)), { code: 'LC_QUEUE_FULL' });
    reader.read();
    assert.equal(queue.hasRoom(weigh(1)), false);
    assert.equal(queue.tryPublish('impatient', weigh(1)), undefined);
    await Promise.all(waiting);
    assert.deepEqual(order, ['big', 'small']);
  });

  it('keeps the room that was promised through a chain of awaits', async () => {
    const queue = newQueue(10);
    const throughLayers = async (): Promise<void> => {
      await (async () => await Promise.race([queue.whenRoom(weigh(8))]))();
    };
    const patient = throughLayers().then(() => queue.publish('patient', weigh(8)));
    await Promise.resolve();
    assert.equal(queue.tryPublish('impatient', weigh(8)), undefined);
    assert.equal(await patient, 1);
  });

  it('offers the room to the next when the first does not use it', async () => {
    const queue = newQueue(10);
    const reader = queue.createConsumer('reader');
    queue.publish('first', weigh(10));
    const changedItsMind = queue.whenRoom(weigh(10));
    const patient = queue.whenRoom(weigh(10)).then(() => queue.publish('patient', weigh(10)));
    reader.read();
    await changedItsMind;
    assert.equal(await patient, 2);
    assert.equal(queue.stats().waiting, 0);
    await nextTurn();
    reader.read();
    assert.equal(queue.hasRoom(weigh(10)), true);
  });

  it('sends those who wait away when the queue is closed', async () => {
    const queue = newQueue(10);
    queue.publish('first', weigh(10));
    const waiting = [queue.whenRoom(weigh(1)), queue.whenRoom(weigh(1))];
    const rejected = Promise.all(waiting.map(each => assert.rejects(each, { code: 'LC_QUEUE_CLOSED' })));
    queue.close();
    await rejected;
    assert.equal(queue.stats().waiting, 0);
  });

  it('serves any number of publishers in their order, within the bounds, to the last', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 15 }), { minLength: 1, maxLength: 40, size: 'max' });
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 1, max: 4 }), async (weights, readAtOnce) => {
        const queue = newQueue(10);
        const reader = queue.createConsumer('reader');
        const published = weights.map(async (bytes, i) => {
          await queue.whenRoom(weigh(bytes));
          queue.publish(String(i), weigh(bytes));
        });
        const read: string[] = [];
        while (read.length < weights.length) {
          const { messages, bytes } = queue.memoryStats();
          assert.ok(bytes <= 10 || messages === 1);
          read.push(...reader.readBatch({ messages: readAtOnce }).map(message => message.data));
          await nextTurn();
        }
        await Promise.all(published);
        assert.deepEqual(
          read,
          weights.map((_, i) => String(i)),
        );
      }),
      { numRuns: 30 },
    );
  });
});
