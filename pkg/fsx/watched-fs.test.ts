import assert from 'node:assert/strict';
import { it } from 'node:test';
import { MemoryFs } from '../../test/helpers/memory-fs.ts';
import { ManualClock } from '../clock/manual-clock.ts';
import type { File } from './fs.ts';
import { WatchedFs } from './watched-fs.ts';

it('knows the oldest call that has not returned, also one that fails', async () => {
  const clock = new ManualClock();
  const inner = new MemoryFs();
  const held = Promise.withResolvers<void>();
  const open = inner.open.bind(inner);
  inner.open = async (...args) => {
    const file = await open(...args);
    return Object.assign(Object.create(file) as File, { datasync: () => held.promise });
  };
  const fs = new WatchedFs(inner, clock);
  await fs.mkdir('/d');
  const file = await fs.open('/d/f', 'w');
  assert.equal(fs.oldest, undefined);
  await clock.advance(100);
  const synced = file.datasync();
  await clock.advance(100);
  const read = fs.readFile('/d/none');
  assert.deepEqual(fs.oldest, { kind: 'datasync', path: '/d/f', sinceMs: clock.monotonicMs() - 100 });
  held.resolve();
  await synced;
  await assert.rejects(read);
  assert.equal(fs.oldest, undefined);
});
