import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '../../../pkg/clock/manual-clock.ts';
import { ReadClock, type Visit } from './read-clock.ts';

interface Rig {
  readonly clock: ManualClock;
  readonly reads: ReadClock<string>;
  /** Who was visited, in order. */
  readonly visits: string[];
  /** What visits answer: `quiet` unless said otherwise. */
  readonly answers: Map<string, Visit[]>;
  readonly rested: string[];
}

function rig(slots = 1): Rig {
  const clock = new ManualClock();
  const visits: string[] = [];
  const rested: string[] = [];
  const answers = new Map<string, Visit[]>();
  const reads = new ReadClock<string>({
    clock,
    slots,
    visit: async item => {
      visits.push(item);
      await Promise.resolve();
      return answers.get(item)?.shift() ?? 'quiet';
    },
    mayRest: item => !item.startsWith('restless'),
    onRest: async item => {
      rested.push(item);
    },
  });
  return { clock, reads, visits, answers, rested };
}

describe('ReadClock', () => {
  it('visits what is woken at once, then ever more seldom, until it rests without a timer (I8)', async () => {
    const { clock, reads, visits, rested } = rig();
    reads.wake('a');
    await clock.advance(0);
    assert.equal(visits.length, 1);
    await clock.advance(50);
    assert.equal(visits.length, 2);
    await clock.advance(60_000);
    assert.ok(visits.length < 12, `${visits.length} visits`);
    assert.deepEqual(rested, ['a']);
    assert.equal(clock.armed, 0);
    assert.equal(reads.active, 0);
  });

  it('reads an active file every 50 ms, whatever the number of writes', async () => {
    const { clock, reads, visits, answers } = rig();
    answers.set('a', new Array(1000).fill('fresh'));
    for (let ms = 0; ms < 1000; ms++) {
      reads.wake('a');
      await clock.advance(1);
    }
    assert.ok(visits.length >= 18 && visits.length <= 22, `${visits.length} visits`);
  });

  it('reads files with a few new lines more seldom, and at once after a pause', async () => {
    const { clock, reads, visits, answers } = rig();
    for (let i = 0; i < 10; i++) answers.set(`${i}`, new Array(20).fill('trickle'));
    for (let ms = 0; ms < 10_000; ms += 100) {
      for (let i = 0; i < 10; i++) reads.wake(`${i}`);
      await clock.advance(100);
    }
    const each = visits.length / 10;
    assert.ok(each >= 18 && each <= 22, `${each} visits each`);
    await clock.advance(4_000);
    const before = visits.length;
    assert.ok(reads.wakeTrickle('0'));
    await clock.advance(0);
    assert.equal(visits.length, before + 1);
  });

  it('says which item it has waiting with little that was new', async () => {
    const { clock, reads, answers } = rig();
    answers.set('few', ['trickle']);
    answers.set('many', ['fresh']);
    for (const item of ['few', 'many']) reads.wake(item);
    assert.deepEqual(
      ['few', 'many'].map(item => reads.wakeTrickle(item)),
      [false, false],
    );
    await clock.advance(10);
    assert.deepEqual(
      ['few', 'many', 'none'].map(item => reads.wakeTrickle(item)),
      [true, false, false],
    );
    assert.ok(reads.isSoon('few'));
    assert.ok(!reads.isSoon('many') && !reads.isSoon('none'));
    // After visits in which nothing was new it has to be told again.
    await clock.advance(1_000);
    assert.ok(!reads.isSoon('few'));
    reads.wake('few');
    assert.ok(reads.isSoon('few'));
  });

  it('reads many active files more seldom, at least every 250 ms', async () => {
    const { clock, reads, visits, answers } = rig();
    for (let i = 0; i < 100; i++) {
      answers.set(`${i}`, new Array(1000).fill('fresh'));
      reads.wake(`${i}`);
    }
    await clock.advance(5000);
    const each = visits.length / 100;
    assert.ok(each >= 18 && each <= 24, `${each} visits each`);
  });

  it('calls back what has become slow when it is woken', async () => {
    const { clock, reads, visits } = rig();
    reads.wake('a');
    await clock.advance(4000);
    const before = visits.length;
    reads.wake('a');
    await clock.advance(60);
    assert.equal(visits.length, before + 1);
  });

  it('lets a big file and small ones take turns (F17)', async () => {
    const { clock, reads, visits, answers } = rig();
    answers.set('big', new Array(1000).fill('more'));
    reads.wake('big');
    for (let i = 0; i < 100; i++) reads.wake(`small ${i}`);
    await clock.advance(0);
    const turns = visits.slice(0, 200).filter(item => item !== 'big');
    assert.ok(turns.length >= 100, `${turns.length} turns of small ones`);
  });

  it('never visits the same twice at once, and no more than the slots allow', async () => {
    const clock = new ManualClock();
    const busy = new Set<string>();
    let most = 0;
    const reads = new ReadClock<string>({
      clock,
      slots: 2,
      visit: async item => {
        assert.ok(!busy.has(item));
        busy.add(item);
        most = Math.max(most, busy.size);
        await new Promise(resolve => setImmediate(resolve));
        busy.delete(item);
        return 'fresh';
      },
      mayRest: () => true,
      onRest: async () => undefined,
    });
    for (let i = 0; i < 50; i++) {
      for (const item of ['a', 'b', 'c']) reads.wake(item);
      await clock.advance(10);
    }
    assert.equal(most, 2);
    await reads.stop();
  });

  it('goes on visiting what may not rest, seldom', async () => {
    const { clock, reads, visits, rested } = rig();
    reads.wake('restless');
    await clock.advance(60_000);
    const before = visits.length;
    await clock.advance(128_000);
    assert.equal(visits.length, before + 10);
    assert.deepEqual(rested, []);
  });

  it('does not forget a wake that comes while it visits or puts to rest', async () => {
    const clock = new ManualClock();
    let visits = 0;
    let wakeNow: () => void = () => undefined;
    const reads = new ReadClock<string>({
      clock,
      slots: 1,
      visit: async () => {
        visits++;
        return 'rest';
      },
      mayRest: () => true,
      onRest: async () => wakeNow(),
    });
    wakeNow = () => {
      wakeNow = () => undefined;
      reads.wake('a');
    };
    reads.wake('a');
    await clock.advance(1000);
    assert.equal(visits, 2);
    assert.equal(clock.armed, 0);
  });

  it('stops when the visit that is under way has ended', async () => {
    const clock = new ManualClock();
    let end: () => void = () => undefined;
    const reads = new ReadClock<string>({
      clock,
      slots: 1,
      visit: () =>
        new Promise(resolve => {
          end = () => resolve('more');
        }),
      mayRest: () => true,
      onRest: async () => undefined,
    });
    reads.wake('a');
    let isStopped = false;
    const stopped = reads.stop().then(() => {
      isStopped = true;
    });
    await clock.advance(0);
    assert.equal(isStopped, false);
    end();
    await stopped;
    assert.equal(clock.armed, 0);
  });
});
