import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '../clock/manual-clock.ts';
import { WorkerPool } from './pool.ts';

/** A pool of one worker whose jobs end when they are aborted, or when the test lets them. */
function newPool(): { pool: WorkerPool<string, string>; release: () => void; aborted: string[] } {
  const gate = Promise.withResolvers<void>();
  const aborted: string[] = [];
  const pool = new WorkerPool<string, string>({
    ...{ workers: 1, capacity: 5 },
    run: async (job, signal) => {
      signal.addEventListener('abort', () => aborted.push(job));
      await gate.promise;
      return job;
    },
  });
  return { pool, release: gate.resolve, aborted };
}

describe('WorkerPool.close', () => {
  it('waits for the jobs there are, and leaves no timer', async () => {
    const clock = new ManualClock();
    const { pool, release, aborted } = newPool();
    const jobs = [pool.submit('a'), pool.submit('b')];
    const closing = pool.close({ deadlineMs: 1000, clock });
    await clock.advance(500);
    release();
    assert.deepEqual(await closing, { left: 0 });
    assert.deepEqual(await Promise.all(jobs), ['a', 'b']);
    assert.equal(aborted.length, 0);
    assert.equal(clock.armed, 0);
  });

  it('aborts at the deadline, gives up what waits, and says how many were left', async () => {
    const clock = new ManualClock();
    const { pool, aborted } = newPool();
    void pool.submit('running');
    const waiting = pool.submit('waiting');
    assert.equal(pool.trySubmit('waiting too'), true);
    const rejected = assert.rejects(waiting, { code: 'LC_POOL_DEADLINE' });
    const closing = pool.close({ deadlineMs: 1000, clock });
    await clock.advance(1000);
    assert.deepEqual(await closing, { left: 3 });
    assert.deepEqual(aborted, ['running']);
    assert.equal(pool.stats().queued, 0);
    await rejected;
  });

  it('takes no more jobs, and joins a close that is under way', async () => {
    const clock = new ManualClock();
    const { pool, release } = newPool();
    void pool.submit('a');
    const closing = pool.close({ deadlineMs: 1000, clock });
    assert.equal(pool.trySubmit('late'), false);
    await assert.rejects(pool.submit('late'), { code: 'LC_POOL_CLOSED' });
    assert.equal(pool.close({ deadlineMs: 0, clock }), closing);
    release();
    await closing;
  });

  it('gives up at once when the deadline has passed', async () => {
    const clock = new ManualClock();
    const { pool } = newPool();
    void pool.submit('a');
    const closing = pool.close({ deadlineMs: -1, clock });
    await clock.advance(0);
    assert.deepEqual(await closing, { left: 1 });
  });
});
