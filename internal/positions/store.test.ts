import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '../../pkg/clock/manual-clock.ts';
import { MemoryFs } from '../../test/helpers/memory-fs.ts';
import { silentLogger } from '../selflog/logger.ts';
import { PositionStore } from './store.ts';

const passage = (end: number) => ({ end, records: 2, base: { sec: 1_700_000_000, nanos: end } });

async function started(fs: MemoryFs, clock = new ManualClock()): Promise<PositionStore> {
  const store = new PositionStore({ dir: '/state', fs, clock, logger: silentLogger });
  await store.start();
  return store;
}

describe('PositionStore', () => {
  it('example: remembers what is settled and what is under way', async () => {
    const fs = new MemoryFs();
    const store = await started(fs);
    const track = store.create<number, null>('file', 'a', null, 0);
    const first = await track.open(passage(10));
    await track.open(passage(20));
    first.expect(1);
    first.settle();
    await store.close();

    const again = await started(fs);
    const [found] = again.tracks<number, null>('file');
    assert.equal(found?.position, 10);
    assert.deepEqual(found?.pending, [passage(20)]);
    await again.close();
  });
});
