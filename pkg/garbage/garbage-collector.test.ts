import assert from 'node:assert/strict';
import { it } from 'node:test';
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

it('does nothing where the collector cannot be called', () => {
  assert.equal(globalThis.gc, undefined);
  new GarbageCollector(new ManualClock()).collect();
});
