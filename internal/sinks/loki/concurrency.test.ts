import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { ManualClock } from '../../../pkg/clock/manual-clock.ts';
import { Concurrency, type Permit, type Sign } from './concurrency.ts';

const never = (): void => undefined;

/** Enters with nobody to call it off. */
async function enter(limit: Concurrency): Promise<Permit> {
  return (await limit.enter([]))!;
}

/** Sends so many requests, one after the other, of this latency. */
async function requests(
  limit: Concurrency,
  clock: ManualClock,
  count: number,
  latencyMs = 10,
  sign: Sign = 'answered',
) {
  for (let n = 0; n < count; n++) {
    const permit = await enter(limit);
    await clock.advance(latencyMs);
    permit.end(sign);
  }
}

test('it grows by one a round while latency is flat, up to the bound', async () => {
  const clock = new ManualClock();
  const changes: number[] = [];
  const limit = new Concurrency(4, clock, now => changes.push(now));
  await requests(limit, clock, 100);
  assert.deepEqual(changes, [1, 2, 3, 4]);
});

test('it does not grow while latency rises', async () => {
  const clock = new ManualClock();
  const limit = new Concurrency(8, clock, never);
  await requests(limit, clock, 3);
  const before = limit.limit;
  await requests(limit, clock, 8, 100);
  assert.equal(limit.limit, before);
});

test('signs that the server is busy halve it, down to one; a round that was under way counts once', async () => {
  const clock = new ManualClock();
  const limit = new Concurrency(8, clock, never);
  await requests(limit, clock, 100);
  const permits = await Promise.all(Array.from({ length: 8 }, () => enter(limit)));
  await clock.advance(10);
  for (const permit of permits) permit.end('busy');
  assert.equal(limit.limit, 4);
  await requests(limit, clock, 5, 10, 'busy');
  assert.equal(limit.limit, 1);
});

test('never more are under way than it allows, and who waits goes in order', async () => {
  const clock = new ManualClock();
  const limit = new Concurrency(2, clock, never);
  await requests(limit, clock, 10);
  const order: number[] = [];
  const entered = Array.from({ length: 5 }, async (_, n) => {
    const permit = await enter(limit);
    order.push(n);
    return permit;
  });
  await clock.advance(0);
  assert.deepEqual(order, [0, 1]);
  (await entered[0]!).end('answered');
  await clock.advance(0);
  assert.deepEqual(order, [0, 1, 2]);
  (await entered[1]!).end('answered');
  (await entered[2]!).end('answered');
  await Promise.all(entered);
  assert.deepEqual(order, [0, 1, 2, 3, 4]);
});

test("who gives up while it waits takes nobody's turn", async () => {
  const limit = new Concurrency(1, new ManualClock(), never);
  const first = await enter(limit);
  const stop = new AbortController();
  const second = limit.enter([stop.signal, new AbortController().signal]);
  const third = enter(limit);
  stop.abort();
  assert.equal(await second, undefined);
  first.end('answered');
  (await third).end('answered');
  assert.equal(getEventListeners(stop.signal, 'abort').length, 0);
});

test('what did not get there says nothing of the server', async () => {
  const clock = new ManualClock();
  const limit = new Concurrency(8, clock, never);
  await requests(limit, clock, 100, 1, 'nothing');
  assert.equal(limit.limit, 1);
});
