import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '../../pkg/clock/manual-clock.ts';
import { FaultFs } from '../../pkg/fsx/fault-fs.ts';
import { MemoryFs } from '../../test/helpers/memory-fs.ts';
import { nobodyElse, STATE_DIR } from '../../test/helpers/positions-history.ts';
import { type Fields, type Logger, silentLogger } from '../selflog/logger.ts';
import { PositionStore } from './store.ts';

const CURRENT = `${STATE_DIR}/positions.json`;
const PREVIOUS = `${STATE_DIR}/positions.prev.json`;

const passage = (end: number) => ({ end, records: 1, base: { sec: 1_700_000_000, nanos: end } });

/** Starts a store and returns it with the codes of what it said about damage. */
async function start(fs: MemoryFs | FaultFs, clock = new ManualClock()) {
  const said: unknown[] = [];
  const note = (_key: string, _message: string, fields?: Fields): void => void said.push(fields?.code);
  const logger: Logger = { ...silentLogger, warn: note, error: note };
  const store = new PositionStore({ dir: STATE_DIR, fs, clock, logger, processes: nobodyElse });
  await store.start();
  return { store, said, clock };
}

/** A disk with two generations: the newest knows position 20 and a passage to 30. */
async function killedDisk(): Promise<MemoryFs> {
  const fs = new MemoryFs();
  const { store, clock } = await start(fs);
  const track = store.create<number, null>('file', 'a', null, 0);
  (await track.open(passage(10))).expect(0);
  await clock.advance(6_000);
  (await track.open(passage(20))).expect(0);
  await clock.advance(100);
  await track.open(passage(30));
  return fs.afterKill();
}

async function rewrite(fs: MemoryFs, path: string, change: (text: Buffer) => Buffer): Promise<void> {
  await fs.writeFile(path, change(Buffer.from(await fs.readFile(path))));
}

const DAMAGES: readonly [string, string, (data: Buffer) => Buffer][] = [
  ['empty', 'LC_STATE_CORRUPT', () => Buffer.alloc(0)],
  ['truncated', 'LC_STATE_CORRUPT', data => data.subarray(0, data.length - 20)],
  ['truncated in its first line', 'LC_STATE_CORRUPT', data => data.subarray(0, 20)],
  ['filled with zeros', 'LC_STATE_CORRUPT', data => Buffer.alloc(data.length)],
  ['half filled with zeros', 'LC_STATE_CORRUPT', data => Buffer.from(data).fill(0, data.length >> 1)],
  ['not JSON', 'LC_STATE_CORRUPT', () => Buffer.from('hello\n')],
  ['edited', 'LC_STATE_CORRUPT', data => Buffer.from(data.toString().replace('"a"', '"b"'))],
  [
    'of a newer version',
    'LC_STATE_VERSION',
    data => Buffer.from(data.toString().replace('"version":1', '"version":2')),
  ],
  ['of a newer, other format', 'LC_STATE_VERSION', () => Buffer.from('{"version":7,"positions":{}}')],
];

describe('a position file that cannot be used (F16)', () => {
  for (const [what, code, change] of DAMAGES) {
    it(`${what}: is set aside, and the previous generation and its journal know as much`, async () => {
      const fs = await killedDisk();
      await rewrite(fs, CURRENT, change);
      const bad = await fs.readFile(CURRENT);
      const { store, said } = await start(fs);
      assert.deepEqual(said, [code]);
      const [track] = store.tracks<number, null>('file');
      assert.deepEqual([track?.position, track?.pending], [20, [passage(30)]]);
      const aside = (await fs.readdir(STATE_DIR)).filter(name => name.startsWith('positions.json.corrupt-'));
      assert.equal(aside.length, 1);
      assert.deepEqual(await fs.readFile(`${STATE_DIR}/${aside[0]}`), bad);
    });
  }

  it('unreadable: is set aside like a damaged one (the lock is read twice before)', async () => {
    const disk = await killedDisk();
    const { store, said } = await start(
      new FaultFs(disk, { kind: 'readFile', nth: 3, effect: 'fail', code: 'EIO' }),
    );
    assert.deepEqual(said, ['LC_STATE_CORRUPT']);
    assert.equal(store.tracks<number, null>('file')[0]?.position, 20);
  });

  it('soon after a start: the journals go on from the generation before that start', async () => {
    const fs = await killedDisk();
    const { store, clock } = await start(fs);
    const [track] = store.tracks<number, null>('file');
    (await track?.open(passage(30)))?.expect(0);
    await clock.advance(100);
    await track?.open(passage(40));
    await rewrite(fs, CURRENT, () => Buffer.alloc(0));
    const [found] = (await start(fs.afterKill())).store.tracks<number, null>('file');
    assert.deepEqual([found?.position, found?.pending], [30, [passage(40)]]);
  });

  it('soon after a start that followed a clean end: the same', async () => {
    const fs = await killedDisk();
    await (await start(fs)).store.close();
    const { store } = await start(fs);
    await store.tracks<number, null>('file')[0]?.open(passage(30));
    await store.tracks<number, null>('file')[0]?.open(passage(40));
    await rewrite(fs, CURRENT, () => Buffer.alloc(0));
    const [found] = (await start(fs.afterKill())).store.tracks<number, null>('file');
    assert.deepEqual([found?.position, found?.pending], [20, [passage(30), passage(40)]]);
  });

  it('both generations: starts all the same, with what the journals know', async () => {
    const fs = await killedDisk();
    for (const path of [CURRENT, PREVIOUS]) await rewrite(fs, path, () => Buffer.alloc(0));
    const { store, said } = await start(fs);
    assert.deepEqual(said, ['LC_STATE_CORRUPT', 'LC_STATE_CORRUPT']);
    assert.equal(store.tracks<number, null>('file')[0]?.position, 20);
  });

  it('is said once: the next start finds nothing wrong', async () => {
    const fs = await killedDisk();
    await rewrite(fs, CURRENT, () => Buffer.alloc(0));
    await (await start(fs)).store.close();
    assert.deepEqual((await start(fs)).said, []);
  });

  it('is kept, but only the five newest', async () => {
    const fs = await killedDisk();
    const clock = new ManualClock();
    for (let i = 0; i < 8; i++) {
      await rewrite(fs, CURRENT, () => Buffer.from(`bad ${i}`));
      await (await start(fs, clock)).store.close();
      await clock.advance(1000);
    }
    const aside = (await fs.readdir(STATE_DIR)).filter(name => name.includes('.corrupt-')).sort();
    const texts = await Promise.all(
      aside.map(async name => (await fs.readFile(`${STATE_DIR}/${name}`)).toString()),
    );
    assert.deepEqual(texts, ['bad 3', 'bad 4', 'bad 5', 'bad 6', 'bad 7']);
  });
});

describe('a journal with a bad tail', () => {
  const newest = async (fs: MemoryFs): Promise<string> => {
    const names = (await fs.readdir(STATE_DIR)).filter(name => name.startsWith('journal-'));
    return `${STATE_DIR}/${names.sort().at(-1)}`;
  };

  for (const [what, change] of [
    ['torn', (data: Buffer) => data.subarray(0, data.length - 5)],
    ['damaged', (data: Buffer) => Buffer.from(data.toString().replace('"end":30', '"end":31'))],
    ['zero-filled', (data: Buffer) => Buffer.from(data).fill(0, data.length - 30)],
  ] as const) {
    it(`${what}: costs only the tail, and is said`, async () => {
      const fs = await killedDisk();
      await rewrite(fs, await newest(fs), change);
      const { store, said } = await start(fs);
      assert.deepEqual(said, ['LC_STATE_CORRUPT']);
      const [track] = store.tracks<number, null>('file');
      assert.deepEqual([track?.position, track?.pending], [20, []]);
    });
  }

  it('followed by another journal: what comes after the gap is not believed', async () => {
    const fs = await killedDisk();
    const journals = (await fs.readdir(STATE_DIR)).filter(name => name.startsWith('journal-')).sort();
    await rewrite(fs, CURRENT, () => Buffer.alloc(0));
    await rewrite(fs, `${STATE_DIR}/${journals[0]}`, data => data.subarray(0, data.length - 5));
    const { store } = await start(fs);
    assert.notEqual(store.tracks<number, null>('file')[0]?.position, 20);
  });
});
