import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '../clock/manual-clock.ts';
import type { Message } from './message.ts';
import { MultiConsumerQueue } from './multi-consumer-queue.ts';
import type { QueueOptions } from './queue-options.ts';

const ONE = { records: 1, bytes: 10 };

function newQueue(options: Partial<QueueOptions<string>> = {}): MultiConsumerQueue<string> {
  return new MultiConsumerQueue({ maxRecords: 100, maxBytes: 1000, clock: new ManualClock(), ...options });
}

function data(messages: readonly Message<string>[]): string[] {
  return messages.map(message => message.data);
}

describe('MultiConsumerQueue', () => {
  it('example: two consumers read all, each at its own pace', async () => {
    const freed: string[] = [];
    const queue = newQueue({ onFree: text => freed.push(text) });
    const fast = queue.createConsumer('fast');
    const slow = queue.createConsumer('slow');
    await queue.whenRoom(ONE);
    assert.equal(queue.publish('hello', ONE, { producer: 'greeter' }), 1);
    assert.equal(queue.publish('world', ONE), 2);
    assert.deepEqual(data(fast.readBatch({ messages: 10 })), ['hello', 'world']);
    assert.deepEqual(freed, []);
    assert.equal(slow.read()?.producer, 'greeter');
    assert.deepEqual(freed, ['hello']);
    assert.equal(slow.lag().messages, 1);
  });

  it('example: at least once, by explicit acknowledgement', () => {
    const queue = newQueue();
    const reader = queue.createConsumer('reader', { acknowledge: 'explicit' });
    for (const text of ['a', 'b', 'c']) queue.publish(text, ONE);
    const batch = reader.readBatch({});
    assert.equal(reader.acknowledge(batch[0]!.sequence), 1);
    reader.close();
    const again = queue.createConsumer('reader', { acknowledge: 'explicit' });
    assert.deepEqual(data(again.readBatch({})), ['b', 'c']);
  });

  it('shares one message object among its consumers', () => {
    const queue = newQueue();
    const [one, two] = [queue.createConsumer('one'), queue.createConsumer('two')];
    queue.publish('shared', ONE);
    assert.equal(one.read(), two.read());
  });

  it('carries any payload, binary too, as it is', () => {
    const queue = new MultiConsumerQueue<Buffer>({ maxRecords: 1, maxBytes: 1, clock: new ManualClock() });
    const payload = Buffer.from([0, 255]);
    const reader = queue.createConsumer('reader');
    queue.publish(payload, { records: 1, bytes: 2 });
    assert.equal(reader.read()?.data, payload);
  });

  it('keeps what was published before the first consumer came, unless that wants only the newest', () => {
    const queue = newQueue();
    queue.publish('early', ONE);
    assert.equal(queue.memoryStats().messages, 1);
    const newest = queue.createConsumer('newest', { from: 'newest' });
    assert.equal(newest.read(), undefined);
    assert.equal(queue.memoryStats().messages, 0);

    const patient = newQueue();
    patient.publish('early', ONE);
    assert.equal(patient.createConsumer('oldest').read()?.data, 'early');
  });

  it('is emptied by collectGarbage when there is no consumer at all', () => {
    const freed: string[] = [];
    const queue = newQueue({ onFree: text => freed.push(text) });
    queue.publish('a', ONE);
    queue.publish('b', ONE);
    assert.equal(queue.collectGarbage(), 2);
    assert.equal(queue.collectGarbage(), 0);
    assert.deepEqual(freed, ['a', 'b']);
    assert.deepEqual([queue.stats().published, queue.stats().freed], [2, 2]);
  });

  it('wakes its consumers in the middle of publish, and lets them read and leave there', () => {
    const queue = newQueue();
    const read: (string | undefined)[] = [];
    const reader = queue.createConsumer('reader');
    const leaver = queue.createConsumer('leaver');
    const last = queue.createConsumer('last');
    reader.onMessage(() => read.push(reader.read()?.data));
    leaver.onMessage(() => leaver.close());
    last.onMessage(() => read.push(last.read()?.data));
    queue.publish('a', ONE);
    queue.publish('b', ONE);
    assert.deepEqual(read, ['a', 'a', 'b', 'b']);
    assert.equal(queue.memoryStats().messages, 0);
  });

  it('lets consumers read to the end after close, and takes nothing more', async () => {
    const queue = newQueue();
    const reader = queue.createConsumer('reader');
    queue.publish('last', ONE);
    queue.close();
    queue.close();
    const isClosed = { code: 'LC_QUEUE_CLOSED' };
    assert.throws(() => queue.publish('late', ONE), isClosed);
    assert.throws(() => queue.tryPublish('late', ONE), isClosed);
    assert.throws(() => queue.createConsumer('late'), isClosed);
    await assert.rejects(queue.whenRoom(ONE), isClosed);
    assert.equal(queue.hasRoom(ONE), false);
    assert.equal(reader.read()?.data, 'last');
    assert.equal(queue.stats().isClosed, true);
  });

  it('frees what is left when it is closed and the last consumer leaves', () => {
    const freed: string[] = [];
    const queue = newQueue({ onFree: text => freed.push(text) });
    const reader = queue.createConsumer('reader');
    queue.publish('unread', ONE);
    queue.close();
    assert.equal(freed.length, 0);
    reader.close();
    reader.close();
    assert.deepEqual(freed, ['unread']);

    const lonely = newQueue({ onFree: text => freed.push(text) });
    lonely.publish('unwanted', ONE);
    lonely.close();
    assert.deepEqual(freed, ['unread', 'unwanted']);
  });

  it('refuses bounds and weights that make no sense', () => {
    const isConfigError = { code: 'LC_QUEUE_CONFIG' };
    assert.throws(() => newQueue({ maxRecords: 0 }), isConfigError);
    assert.throws(() => newQueue({ maxBytes: Number.NaN }), isConfigError);
    assert.throws(() => newQueue({ memoryThresholdBytes: -1 }), isConfigError);
    const queue = newQueue();
    for (const records of [0, -1, Number.NaN, 0.5, Number.POSITIVE_INFINITY]) {
      assert.throws(() => queue.publish('x', { records, bytes: 0 }), isConfigError);
    }
    assert.equal(queue.publish('x', { records: 0, bytes: 1 }), 1);
  });
});
