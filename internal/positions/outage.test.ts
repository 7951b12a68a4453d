import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ManualClock } from '../../pkg/clock/manual-clock.ts';
import { type Fault, FaultFs } from '../../pkg/fsx/fault-fs.ts';
import type { Json, Track } from '../../pkg/types/ports.ts';
import { MemoryFs } from '../../test/helpers/memory-fs.ts';
import { arbitrarySteps, History, STATE_DIR, startStore } from '../../test/helpers/positions-history.ts';

const passage = (end: number) => ({ end, records: 1, base: { sec: 1_700_000_000, nanos: end } });

/** A store that starts well; everything after that finds the disk full, until `fs.heal()`. */
async function startOnFullDisk() {
  const clock = new ManualClock();
  const disk = new MemoryFs();
  const writesOfStart = 2;
  const full = {
    nth: writesOfStart + 1,
    effect: 'fail',
    code: 'ENOSPC',
    times: Number.POSITIVE_INFINITY,
  } as const;
  const fs = new FaultFs(disk, { kind: 'write', ...full });
  const store = await startStore(fs, clock);
  return { clock, disk, fs, store, track: store.create<number, null>('file', 'a', null, 0) };
}

describe('a store whose disk is full (R11)', () => {
  it('refuses passages, says why, and takes them again as soon as it can write', async () => {
    const { clock, disk, fs, store, track } = await startOnFullDisk();
    await assert.rejects(track.open(passage(10)), { code: 'LC_STATE_UNWRITABLE', message: /ENOSPC/ });
    await assert.rejects(track.open(passage(10)), { code: 'LC_STATE_UNWRITABLE' });
    await assert.rejects(store.flush(), { code: 'LC_STATE_UNWRITABLE' });
    const { status, reason } = store.health();
    assert.deepEqual([status, reason?.includes('ENOSPC')], ['degraded', true]);

    let isWritable = false;
    const waiting = store.writable().then(() => {
      isWritable = true;
    });
    await clock.advance(60_000);
    assert.equal(isWritable, false);
    fs.heal();
    await clock.advance(5_000);
    await waiting;
    assert.equal(store.health().status, 'ok');
    await track.open(passage(10));
    const [found] = (await startStore(disk.afterKill())).tracks<number, null>('file');
    assert.deepEqual([found?.position, found?.pending], [0, [passage(10)]]);
  });

  it('goes on settling in memory, and writes it afterwards', async () => {
    const clock = new ManualClock();
    const disk = new MemoryFs();
    const fs = new FaultFs(disk, { kind: 'write', nth: 4, effect: 'fail', code: 'EIO', times: 5 });
    const store = await startStore(fs, clock);
    const track = store.create<number, null>('file', 'a', null, 0);
    const receipt = await track.open(passage(10));
    await assert.rejects(track.open(passage(20)), { code: 'LC_STATE_UNWRITABLE' });
    receipt.expect(1);
    receipt.settle();
    assert.equal(track.position, 10);
    await clock.advance(10_000);
    const [found] = (await startStore(disk.afterKill())).tracks<number, null>('file');
    assert.deepEqual([found?.position, found?.pending], [10, []]);
  });

  it('takes back all passages from the first that was refused, so that no gap is passed', async () => {
    const { clock, fs, track } = await startOnFullDisk();
    const opens = [10, 20, 30].map(end => track.open(passage(end)));
    track.skip(40);
    assert.deepEqual(
      (await Promise.allSettled(opens)).map(({ status }) => status),
      ['rejected', 'rejected', 'rejected'],
    );
    fs.heal();
    await clock.advance(5_000);
    (await track.open(passage(10))).expect(0);
    assert.equal(track.position, 10);
  });

  it('keeps nothing of the changes of a long outage but their outcome', async () => {
    const { clock, disk, fs, track } = await startOnFullDisk();
    await assert.rejects(track.open(passage(10)));
    const changing = track as Track<number, Json>;
    for (let i = 0; i < 1000; i++) changing.meta = `name-${i}`;
    fs.heal();
    await clock.advance(5_000);
    await track.open(passage(10));
    const [found] = (await startStore(disk.afterKill())).tracks('file');
    assert.equal(found?.meta, 'name-999');
    const names = await disk.readdir(STATE_DIR);
    const sizes = await Promise.all(names.map(async name => (await disk.stat(`${STATE_DIR}/${name}`)).size));
    assert.ok(Math.max(...sizes) < 1000, String(sizes));
  });

  it('leaves the generation before the outage whole', async () => {
    const clock = new ManualClock();
    const disk = new MemoryFs();
    const fs = new FaultFs(disk, { kind: 'write', nth: 4, effect: 'fail', code: 'EIO' });
    const store = await startStore(fs, clock);
    const track = store.create<number, null>('file', 'a', null, 0);
    await track.open(passage(10));
    await assert.rejects(track.open(passage(20)));
    await clock.advance(1_000);
    await track.open(passage(20));
    await disk.writeFile(`${STATE_DIR}/positions.json`, Buffer.alloc(0));
    const [found] = (await startStore(disk.afterKill())).tracks<number, null>('file');
    assert.deepEqual([found?.position, found?.pending], [0, [passage(10)]]);
  });

  it('tries again after 100 ms, then ever more seldom, at most every 5 s', async () => {
    const { clock, fs, track } = await startOnFullDisk();
    await assert.rejects(track.open(passage(10)));
    const triesWithin = async (ms: number): Promise<number> => {
      const before = fs.calls.filter(call => call.kind === 'write').length;
      await clock.advance(ms);
      return fs.calls.filter(call => call.kind === 'write').length - before;
    };
    assert.deepEqual(
      [await triesWithin(99), await triesWithin(1), await triesWithin(199), await triesWithin(1)],
      [0, 1, 0, 1],
    );
    await clock.advance(20_000);
    assert.equal(await triesWithin(60_000), 12);
  });

  it('can be closed, which tells those who wait, and leaves no timer', async () => {
    const { clock, store, track } = await startOnFullDisk();
    await assert.rejects(track.open(passage(10)));
    const waiting = assert.rejects(store.writable(), { code: 'LC_STATE_UNWRITABLE' });
    await store.close();
    await waiting;
    await assert.rejects(track.open(passage(10)), { code: 'LC_STATE_UNWRITABLE' });
    assert.equal(clock.armed, 0);
  });

  it('loses nothing that it had accepted, whatever fails and however often, once it can write again', async () => {
    const fault = fc.record({
      nth: fc.integer({ min: 30, max: 150 }),
      effect: fc.constant('fail' as const),
      code: fc.constantFrom('ENOSPC' as const, 'EIO' as const),
      times: fc.integer({ min: 1, max: 30 }),
    });
    await fc.assert(
      fc.asyncProperty(
        arbitrarySteps(60),
        fc.array<Fault>(fault, { maxLength: 3 }),
        async (steps, faults) => {
          const disk = new MemoryFs();
          const fs = new FaultFs(disk, ...faults);
          const life = await History.begin(fs);
          await life.run(steps);
          fs.heal();
          await life.recover();
          assert.equal(life.store.health().status, 'ok');
          await life.run(steps);
          await life.close();
          await life.afterKill(disk);
        },
      ),
      { numRuns: 400 },
    );
  });
});
