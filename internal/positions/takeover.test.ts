import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ManualClock } from '../../pkg/clock/manual-clock.ts';
import { MemoryFs } from '../../test/helpers/memory-fs.ts';
import { silentLogger } from '../selflog/logger.ts';
import { PositionStore } from './store.ts';

const BASE = { sec: 1, nanos: 0 };
const passage = (end: number) => ({ end, records: 1, base: BASE });

it('tells whoever takes a track over where reading had come, and what is left of before the restart', async () => {
  const fs = new MemoryFs();
  const options = { dir: '/p', fs, clock: new ManualClock(), logger: silentLogger };
  const first = new PositionStore(options);
  await first.start();
  const track = first.create<number, null>('file', 'k', null, 0);
  for (const end of [10, 20, 30]) (await track.open(passage(end))).expect(1);
  assert.deepEqual([track.position, track.readTo, track.pending], [0, 30, []]);
  track.skip(35);
  assert.equal(track.readTo, 35);
  await first.close();

  const second = new PositionStore(options);
  await second.start();
  const [found] = second.tracks<number, null>('file');
  assert.equal(found?.readTo, 0);
  await found!.open(passage(10));
  assert.equal(found!.readTo, 10);
  assert.deepEqual(
    found!.pending.map(({ end }) => end),
    [20, 30],
  );
  await second.close();
});
