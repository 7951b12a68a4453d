import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '../../pkg/clock/manual-clock.ts';
import { FaultFs } from '../../pkg/fsx/fault-fs.ts';
import { MemoryFs } from '../../test/helpers/memory-fs.ts';
import { STATE_DIR, startStore } from '../../test/helpers/positions-history.ts';

const passage = (end: number) => ({ end, records: 2, base: { sec: 1_700_000_000, nanos: end } });

describe('PositionStore', () => {
  it('example: remembers what is settled and what is under way', async () => {
    const fs = new MemoryFs();
    const store = await startStore(fs);
    const track = store.create<number, string>('file', '8:1234', '/var/log/a.log', 0);
    const first = await track.open(passage(10));
    await track.open(passage(20));
    first.expect(1);
    first.settle();
    await store.close();

    const [found] = (await startStore(fs)).tracks<number, string>('file');
    assert.equal(found?.position, 10);
    assert.equal(found.meta, '/var/log/a.log');
    assert.deepEqual(found.pending, [passage(20)]);
    assert.deepEqual(found.nextTime, { sec: 1_700_000_000, nanos: 22 });
  });

  it('keeps kinds apart, and refuses a key that is in use', async () => {
    const store = await startStore(new MemoryFs());
    store.create('file', 'a', null, 0);
    store.create('docker', 'a', null, 0);
    assert.throws(() => store.create('file', 'a', null, 0), { code: 'LC_INVARIANT' });
    store.tracks('file')[0]?.forget();
    assert.deepEqual([store.tracks('file').length, store.tracks('docker').length], [0, 1]);
    store.create('file', 'a', null, 0);
  });

  it('ignores receipts of a track that was forgotten, and refuses to read it', async () => {
    const store = await startStore(new MemoryFs());
    const track = store.create<number, null>('file', 'a', null, 0);
    const receipt = await track.open(passage(10));
    track.forget();
    receipt.expect(1);
    receipt.settle();
    await assert.rejects(track.open(passage(20)), { code: 'LC_INVARIANT' });
    assert.throws(() => track.skip(20), { code: 'LC_INVARIANT' });
  });

  it('does nothing and has no timer when nothing happens', async () => {
    const clock = new ManualClock();
    const fs = new FaultFs(new MemoryFs());
    const store = await startStore(fs, clock);
    assert.equal(clock.armed, 0);
    const receipt = await store.create<number, null>('file', 'a', null, 0).open(passage(10));
    receipt.expect(1);
    receipt.settle();
    await clock.advance(10_000);
    assert.equal(clock.armed, 0);
    const calls = fs.calls.length;
    await clock.advance(3_600_000);
    assert.equal(fs.calls.length, calls);
    await store.close();
    await store.close();
    assert.equal(clock.armed, 0);
  });

  it('takes no more passages once it is closed, and lets nobody wait for better times', async () => {
    const store = await startStore(new MemoryFs());
    const track = store.create<number, null>('file', 'a', null, 0);
    const receipt = await track.open(passage(10));
    await store.close();
    receipt.expect(0);
    await assert.rejects(track.open(passage(20)), { code: 'LC_STATE_UNWRITABLE' });
    await assert.rejects(store.writable(), { code: 'LC_STATE_UNWRITABLE' });
  });

  it('gives a journal that has grown too long way to a snapshot at once', async () => {
    const disk = new MemoryFs();
    const fs = new FaultFs(disk);
    const store = await startStore(fs);
    const track = store.create<string, null>('file', 'a', null, '');
    const end = 'x'.repeat(50_000);
    for (let i = 0; i < 200; i++) (await track.open({ ...passage(i), end })).expect(0);
    let bytes = 0;
    for (const name of await disk.readdir(STATE_DIR)) bytes += (await disk.stat(`${STATE_DIR}/${name}`)).size;
    assert.ok(bytes < 3_000_000, `${bytes} bytes`);
    const renames = fs.calls.filter(call => call.kind === 'rename').length;
    assert.ok(renames < 30, `${renames} renames for 10 MB`);
  });

  it('says what to do when its directory cannot be made or written', async () => {
    for (const kind of ['mkdir', 'open', 'write', 'rename', 'readdir'] as const) {
      const fs = new FaultFs(new MemoryFs(), { kind, nth: 1, effect: 'fail', code: 'EACCES' });
      await assert.rejects(startStore(fs), { code: 'LC_STATE_UNWRITABLE', advice: /state_dir/ }, kind);
    }
  });
});
