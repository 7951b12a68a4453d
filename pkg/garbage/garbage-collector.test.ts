import assert from 'node:assert/strict';
import { it } from 'node:test';
import { systemClock } from '../clock/clock.ts';
import { ManualClock } from '../clock/manual-clock.ts';
import { GarbageCollector } from './garbage-collector.ts';

it('collects when it is told, but not again within ten seconds', async () => {
  const clock = new ManualClock();
  let collections = 0;
  const garbage = new GarbageCollector(clock, () => collections++);
  for (let s = 0; s < 25; s++) {
    garbage.collect();
    await clock.advance(1000);
  }
  assert.equal(collections, 3);
});

it('collects more seldom where that takes long', () => {
  let nowMs = 0;
  const clock = { ...systemClock, monotonicMs: () => nowMs };
  const startsMs: number[] = [];
  const garbage = new GarbageCollector(clock, () => {
    startsMs.push(nowMs);
    nowMs += 500;
  });
  for (; nowMs < 120_000; nowMs += 1000) garbage.collect();
  assert.deepEqual(startsMs, [0, 50_500, 101_000]);
});

it('does nothing where the collector cannot be called', () => {
  assert.equal(globalThis.gc, undefined);
  new GarbageCollector(new ManualClock()).collect();
});
