import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ManualClock } from '../clock/manual-clock.ts';
import { type PoolOptions, WorkerPool } from './pool.ts';

/** Jobs that end when the test says so. */
class Gates {
  readonly started: string[] = [];
  readonly #gates = new Map<string, PromiseWithResolvers<string>>();

  readonly run = (job: string): Promise<string> => {
    this.started.push(job);
    const gate = Promise.withResolvers<string>();
    this.#gates.set(job, gate);
    return gate.promise;
  };

  finish(job: string): void {
    this.#gates.get(job)!.resolve(`${job} done`);
  }

  fail(job: string): void {
    this.#gates.get(job)!.reject(new Error(`${job} failed`));
  }
}

function newPool(options: Partial<PoolOptions<string, string>> = {}): {
  pool: WorkerPool<string, string>;
  gates: Gates;
} {
  const gates = new Gates();
  return { pool: new WorkerPool({ workers: 2, capacity: 2, run: gates.run, ...options }), gates };
}

describe('WorkerPool', () => {
  it('example: doubles numbers, two at a time', async () => {
    const pool = new WorkerPool({ workers: 2, capacity: 10, run: async (n: number) => n * 2 });
    assert.deepEqual(await Promise.all([1, 2, 3].map(n => pool.submit(n))), [2, 4, 6]);
    const clock = new ManualClock();
    assert.deepEqual(await pool.close({ deadlineMs: clock.monotonicMs() + 5000, clock }), { left: 0 });
  });

  it('runs as many jobs as it has workers, in the order they came', async () => {
    const { pool, gates } = newPool();
    const results = ['a', 'b', 'c', 'd'].map(job => pool.submit(job));
    assert.deepEqual(gates.started, ['a', 'b']);
    gates.finish('b');
    assert.equal(await results[1], 'b done');
    assert.deepEqual(gates.started, ['a', 'b', 'c']);
    for (const job of ['a', 'c']) gates.finish(job);
    await results[2];
    gates.finish('d');
    assert.deepEqual(await Promise.all(results), ['a done', 'b done', 'c done', 'd done']);
  });

  it('refuses what does not fit, with a typed error or with false', async () => {
    const { pool } = newPool();
    for (const job of ['a', 'b', 'c', 'd']) assert.equal(pool.trySubmit(job), true);
    assert.equal(pool.trySubmit('e'), false);
    await assert.rejects(pool.submit('e'), { code: 'LC_POOL_FULL' });
    assert.deepEqual(pool.stats(), {
      ...{ workers: 2, queued: 2, processing: 2, capacity: 2, succeeded: 0, failed: 0 },
    });
  });

  it('takes nothing but what can start at once when its capacity is 0', () => {
    const { pool } = newPool({ capacity: 0 });
    assert.deepEqual(
      ['a', 'b', 'c'].map(job => pool.trySubmit(job)),
      [true, true, false],
    );
  });

  it('has a worker free when one hears of a result', async () => {
    const { pool } = newPool({ workers: 1, capacity: 0, run: async job => job });
    for (const job of ['a', 'b', 'c']) assert.equal(await pool.submit(job), job);
  });

  it('counts successes and failures, and passes both on', async () => {
    const heard: unknown[] = [];
    const { pool, gates } = newPool({
      onResult: (result, job) => heard.push([result, job]),
      onError: (error, job, failed) => heard.push([String(error), job, failed]),
    });
    pool.trySubmit('a');
    const failing = pool.submit('b');
    gates.finish('a');
    gates.fail('b');
    await assert.rejects(failing, /b failed/);
    await pool.whenIdle();
    assert.deepEqual(heard, [
      ['a done', 'a'],
      ['Error: b failed', 'b', 1],
    ]);
    const { succeeded, failed } = pool.stats();
    assert.deepEqual([succeeded, failed], [1, 1]);
  });

  it('goes on after any number of jobs that throw before they return a promise', async () => {
    const run = (): Promise<string> => {
      throw new Error('at once');
    };
    const { pool } = newPool({ run, workers: 1, capacity: 15_000 });
    for (let i = 0; i < 15_000; i++) pool.trySubmit('a');
    await assert.rejects(pool.submit('b'), /at once/);
    const { failed, processing } = pool.stats();
    assert.deepEqual([failed, processing], [15_001, 0]);
  });

  it('tells of failures sparsely: doubling, or every n-th', async () => {
    const told = async (tellEvery?: number): Promise<number[]> => {
      const heard: number[] = [];
      const pool = new WorkerPool<number, never>({
        ...{ workers: 1, capacity: 20, run: () => Promise.reject(new Error('no')) },
        onError: (_error, _job, failed) => heard.push(failed),
        ...(tellEvery !== undefined && { tellEvery }),
      });
      for (let i = 0; i < 20; i++) pool.trySubmit(i);
      await pool.whenIdle();
      return heard;
    };
    assert.deepEqual(await told(), [1, 2, 4, 8, 16]);
    assert.deepEqual(await told(7), [7, 14]);
  });

  it('needs a worker and a capacity that make sense', () => {
    assert.throws(() => newPool({ workers: 0 }), { code: 'LC_INVARIANT' });
    assert.throws(() => newPool({ capacity: -1 }), { code: 'LC_INVARIANT' });
  });

  it('is idle at once when nothing runs', async () => {
    await newPool().pool.whenIdle();
  });

  it('sizes itself to twice the cores', () => {
    assert.equal(newPool({ workers: 'auto' }).pool.stats().workers, 2 * availableParallelism());
  });

  it('never runs more than its workers nor keeps more than its capacity, and answers every job once', async () => {
    const jobs = fc.array(fc.record({ turns: fc.nat({ max: 4 }), fails: fc.boolean() }), { maxLength: 40 });
    const sizes = fc.record({ workers: fc.integer({ min: 1, max: 4 }), capacity: fc.nat({ max: 8 }) });
    await fc.assert(
      fc.asyncProperty(jobs, sizes, async (list, { workers, capacity }) => {
        let running = 0;
        const pool = new WorkerPool({
          ...{ workers, capacity },
          run: async (job: (typeof list)[number]) => {
            assert.ok(++running <= workers);
            for (let i = 0; i < job.turns; i++) await Promise.resolve();
            running--;
            if (job.fails) throw new Error('no');
          },
        });
        const answers = await Promise.allSettled(
          list.map(job => {
            assert.ok(pool.stats().queued <= capacity);
            return pool.submit(job);
          }),
        );
        const fitting = Math.min(list.length, workers + capacity);
        const { succeeded, failed } = pool.stats();
        assert.equal(succeeded + failed, fitting);
        assert.equal(answers.filter(answer => answer.status === 'fulfilled').length, succeeded);
      }),
      { numRuns: 50 },
    );
  });
});
