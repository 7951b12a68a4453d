import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ManualClock } from '../clock/manual-clock.ts';
import { MultiConsumerQueue } from './multi-consumer-queue.ts';

const ONE = { records: 1, bytes: 1 };

it('a consumer that ends reads what was there, holds nothing after it, and is gone then', () => {
  const freed: string[] = [];
  const queue = new MultiConsumerQueue<string>({
    ...{ maxRecords: 10, maxBytes: 10, clock: new ManualClock() },
    onFree: data => freed.push(data),
  });
  const [leaving, staying] = [queue.createConsumer('leaving'), queue.createConsumer('staying')];
  queue.publish('a', ONE);
  queue.publish('b', ONE);
  leaving.end();
  queue.publish('c', ONE);
  assert.deepEqual(
    staying.readBatch({}).map(({ data }) => data),
    ['a', 'b', 'c'],
  );
  assert.equal(leaving.read()?.data, 'a');
  assert.deepEqual(freed, ['a']);
  assert.equal(leaving.read()?.data, 'b');
  assert.equal(leaving.peek(), undefined);
  assert.deepEqual(freed, ['a', 'b', 'c']);
  assert.equal(queue.stats().consumers, 1);
});
