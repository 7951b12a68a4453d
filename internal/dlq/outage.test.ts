import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FaultFs } from '../../pkg/fsx/fault-fs.ts';
import type { File, Fs } from '../../pkg/fsx/fs.ts';
import type { StoreResult } from '../../pkg/types/dead-letters.ts';
import {
  ALL,
  batchOfLines,
  DLQ_DIR,
  deliver,
  linesIn,
  newQueue,
  reasonOf,
  startQueue,
  type TestQueue,
} from '../../test/helpers/dead-letters.ts';
import { MemoryFs } from '../../test/helpers/memory-fs.ts';

const FULL_FOR_LONG = { effect: 'fail', code: 'ENOSPC', times: 1000 } as const;
const SEGMENT = `${DLQ_DIR}/loki/00000001.ndjson`;

const store = ({ queue }: TestQueue, line: string, sink = 'loki'): Promise<StoreResult> =>
  queue.store(sink, batchOfLines([line]), reasonOf('overflow'));

/** A file system whose datasync of paths that match waits until it is let through. */
function gated(inner: Fs, path: RegExp): { fs: Fs; syncs: () => number; open: () => void } {
  const gate = Promise.withResolvers<void>();
  let syncs = 0;
  const wrap = (file: File): File => ({
    ...file,
    datasync: async () => {
      syncs++;
      await gate.promise;
      await file.datasync();
    },
  });
  const open: Fs['open'] = async (name, flags, mode) => {
    const file = await inner.open(name, flags, mode);
    return path.test(name) ? wrap(file) : file;
  };
  const calls = ['readFile', 'writeFile', 'rename', 'unlink', 'mkdir', 'readdir', 'stat', 'lstat'] as const;
  const rest = Object.fromEntries(calls.map(call => [call, inner[call].bind(inner)])) as unknown as Omit<
    Fs,
    'open'
  >;
  return { fs: { ...rest, open }, syncs: () => syncs, open: () => gate.resolve() };
}

describe('a disk that refuses (R11)', () => {
  it('is said to every caller, leaves nothing torn, and is tried again until it takes letters', async () => {
    const disk = new MemoryFs();
    const fs = new FaultFs(disk, { kind: 'write', nth: 4, ...FULL_FOR_LONG });
    // Room for a third letter, but not beside what was refused.
    const test = await startQueue(fs, { maxBytes: 1300 });
    assert.deepEqual([await store(test, 'one'), await store(test, 'two')], ['stored', 'stored']);
    const whole = await disk.readFile(SEGMENT);
    const refused = await Promise.all([store(test, 'three'), store(test, 'four')]);
    assert.deepEqual(refused, ['unwritable', 'unwritable']);
    assert.equal(test.queue.health().status, 'degraded');
    test.metrics.collect();
    assert.equal(test.metrics.value('dlq_writable'), 0);
    assert.equal(await store(test, 'three'), 'unwritable');
    assert.deepEqual(await disk.readFile(SEGMENT), whole);

    let result = 'waits';
    const room = test.queue.room('loki').then(() => {
      result = 'has room';
    });
    await test.clock.advance(60_000);
    assert.equal(result, 'waits');
    assert.equal(test.clock.armed, 2, 'one timer for the outage, one for the age');
    fs.heal();
    await test.clock.advance(5_000);
    await room;
    assert.equal(test.queue.health().status, 'ok');
    assert.equal(await store(test, 'three'), 'stored');
    const { queue } = await startQueue(disk.afterPowerCut());
    assert.deepEqual(linesIn(await queue.take('loki', ALL)), ['one', 'two', 'three']);
  });

  it('is tried after 100 ms, then less and less often; once letters were stored, quickly again', async () => {
    const fs = new FaultFs(new MemoryFs(), { kind: 'datasync', nth: 1, ...FULL_FOR_LONG });
    const test = await startQueue(fs, { maxBytes: 500 });
    const probes = (): number =>
      fs.calls.filter(({ kind, path }) => kind === 'open' && path.endsWith('.tmp')).length;
    await store(test, 'one');
    await test.clock.advance(100);
    assert.equal(probes(), 1);
    await test.clock.advance(60_000);
    assert.ok(probes() > 10 && probes() < 20, `${probes()} probes in a minute`);
    fs.heal();
    await test.clock.advance(5_000);
    assert.equal(await store(test, 'one'), 'stored');
    const before = probes();
    for (const chunk of await test.queue.take('loki', ALL)) deliver(chunk);
    await test.clock.advance(0);
    fs.fail({ kind: 'datasync', nth: 1, ...FULL_FOR_LONG });
    assert.equal(await store(test, 'two'), 'unwritable');
    await test.clock.advance(100);
    assert.equal(probes(), before + 1);
  });

  it('leaves no file of a segment that could not be begun', async () => {
    const disk = new MemoryFs();
    const test = await startQueue(new FaultFs(disk, { kind: 'sync', nth: 2, effect: 'fail', code: 'EIO' }));
    assert.equal(await store(test, 'one'), 'unwritable');
    assert.deepEqual(await disk.readdir(`${DLQ_DIR}/loki`), []);
  });

  it('is an error at the start', async () => {
    const fs = new FaultFs(new MemoryFs(), { kind: 'open', nth: 1, effect: 'fail', code: 'EACCES' });
    await assert.rejects(newQueue(fs).queue.start(), {
      code: 'LC_STATE_UNWRITABLE',
      message: /\/state\/dlq/,
    });
  });

  it('does not keep the queue from closing: who waits is woken, and no timer is left', async () => {
    const fs = new FaultFs(new MemoryFs(), { kind: 'datasync', nth: 1, ...FULL_FOR_LONG });
    const test = await startQueue(fs);
    assert.equal(await store(test, 'one'), 'unwritable');
    const room = test.queue.room('loki');
    await test.queue.close();
    await test.queue.close();
    await room;
    assert.equal(await store(test, 'two'), 'unwritable');
    assert.equal(test.clock.armed, 0);
  });

  it('costs no letter while it cannot be read: they come again later', async () => {
    const fs = new FaultFs(new MemoryFs(), { kind: 'read', nth: 1, effect: 'fail', code: 'EIO' });
    const test = await startQueue(fs);
    await store(test, 'one');
    assert.deepEqual(await test.queue.take('loki', ALL), []);
    assert.equal(test.queue.replayable('loki'), 0);
    await test.clock.advance(5_000);
    assert.equal(test.queue.replayable('loki'), 1);
    assert.deepEqual(linesIn(await test.queue.take('loki', ALL)), ['one']);
  });
});

describe('group commit', () => {
  it('shares one sync among all who come while another is under way', async () => {
    const gate = gated(new MemoryFs(), /\.ndjson$/);
    const test = await startQueue(gate.fs);
    const first = store(test, 'first');
    while (gate.syncs() === 0) await test.clock.advance(0);
    const others = Array.from({ length: 20 }, (_, i) => store(test, `${i}`));
    await test.clock.advance(0);
    gate.open();
    assert.deepEqual(new Set(await Promise.all([first, ...others])), new Set(['stored']));
    assert.equal(gate.syncs(), 2);
    await test.queue.close();
  });

  it('of one sink does not wait for another sink', async () => {
    const gate = gated(new MemoryFs(), /kafka/);
    const test = await startQueue(gate.fs);
    const slow = store(test, 'one', 'kafka');
    assert.equal(await store(test, 'one', 'loki'), 'stored');
    gate.open();
    assert.equal(await slow, 'stored');
    await test.queue.close();
  });
});
