import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { Turns } from './turns.ts';

test('one at a time, in order, also after one has failed', async () => {
  const turns = new Turns();
  const log: string[] = [];
  const work = (name: string) => async (): Promise<void> => {
    log.push(`${name} in`);
    await new Promise(resolve => setImmediate(resolve));
    log.push(`${name} out`);
    if (name === 'b') throw new Error('b failed');
  };
  const results = await Promise.allSettled(['a', 'b', 'c'].map(name => turns.take(work(name))));
  assert.deepEqual(log, ['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  assert.ok(turns.isFree);
});

test('who gives up while it waits is forgotten, and its work is not done', async () => {
  const turns = new Turns();
  const first = Promise.withResolvers<void>();
  const stop = new AbortController();
  const done: string[] = [];
  const taken = turns.take(() => first.promise);
  const second = turns.take(async () => void done.push('second'), stop.signal);
  stop.abort();
  await second;
  const third = turns.take(async () => void done.push('third'));
  first.resolve();
  await Promise.all([taken, third]);
  assert.deepEqual(done, ['third']);
  assert.equal(getEventListeners(stop.signal, 'abort').length, 0);
});
