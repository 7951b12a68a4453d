import { availableParallelism } from 'node:os';
import { type Clock, delay } from '../clock/clock.ts';
import { invariant, LcError } from '../errors/errors.ts';

export interface PoolOptions<J, R> {
  /** Jobs that run at a time; `auto` is twice the number of cores. */
  readonly workers: number | 'auto';
  /** Jobs that may wait while all workers are busy; 0 and more. */
  readonly capacity: number;
  /** Does one job. Gives up soon when `signal` is aborted. */
  readonly run: (job: J, signal: AbortSignal) => Promise<R>;
  /** Called after each job that succeeded. Does not throw. */
  readonly onResult?: (result: R, job: J) => void;
  /** Called after some of the failures, `failed` being their number so far; see `tellEvery`. Does not throw. */
  readonly onError?: (error: unknown, job: J, failed: number) => void;
  /** `onError` hears of every n-th failure. Default: of the 1st, 2nd, 4th, 8th … */
  readonly tellEvery?: number;
}

export interface PoolStats {
  readonly workers: number;
  readonly queued: number;
  readonly processing: number;
  readonly capacity: number;
  readonly succeeded: number;
  readonly failed: number;
}

interface Task<J, R> {
  readonly job: J;
  readonly resolve?: (result: R) => void;
  readonly reject?: (error: unknown) => void;
}

/**
 * A fixed number of workers on a bounded buffer: jobs start in the order in which they were submitted, and what
 * does not fit is refused at once, so that pressure is felt by whoever makes it.
 *
 *     const pool = new WorkerPool({ workers: 'auto', capacity: 100, run: (path: string) => stat(path) });
 *     const { size } = await pool.submit('/etc/hosts');
 *     await pool.close({ deadlineMs: clock.monotonicMs() + 5000, clock });
 */
export class WorkerPool<J, R> {
  readonly #options: PoolOptions<J, R>;
  readonly #workers: number;
  readonly #stopping = new AbortController();
  readonly #queue: Task<J, R>[] = [];
  #processing = 0;
  #succeeded = 0;
  #failed = 0;
  readonly #whenIdle: (() => void)[] = [];
  #closing: Promise<{ left: number }> | undefined;

  constructor(options: PoolOptions<J, R>) {
    this.#options = options;
    this.#workers = options.workers === 'auto' ? 2 * availableParallelism() : options.workers;
    invariant(
      this.#workers >= 1 && options.capacity >= 0,
      'a pool needs a worker and a capacity of 0 or more',
    );
  }

  /** Resolves or rejects as the job does. Rejects with `LC_POOL_FULL`, or `LC_POOL_CLOSED` after `close`. */
  submit(job: J): Promise<R> {
    return new Promise((resolve, reject) => {
      if (this.#accept({ job, resolve, reject })) return;
      reject(this.#closing === undefined ? fullError(this.#queue.length) : closedError());
    });
  }

  /** Says whether the job was taken; what becomes of it, `onResult` and `onError` hear. */
  trySubmit(job: J): boolean {
    return this.#accept({ job });
  }

  /** Resolves when nothing runs and nothing waits. */
  whenIdle(): Promise<void> {
    return new Promise(resolve => {
      if (this.#processing === 0) resolve();
      else this.#whenIdle.push(resolve);
    });
  }

  stats(): PoolStats {
    return {
      workers: this.#workers,
      queued: this.#queue.length,
      processing: this.#processing,
      capacity: this.#options.capacity,
      succeeded: this.#succeeded,
      failed: this.#failed,
    };
  }

  /**
   * Takes no more jobs and waits for those there are; at the deadline (on the monotonic clock) it aborts the
   * running ones, rejects the waiting ones with `LC_POOL_DEADLINE`, and waits no longer. Resolves with the
   * number of jobs that were left then. Closing again joins the first close.
   */
  close({ deadlineMs, clock }: { deadlineMs: number; clock: Clock }): Promise<{ left: number }> {
    this.#closing ??= this.#close(deadlineMs, clock);
    return this.#closing;
  }

  async #close(deadlineMs: number, clock: Clock): Promise<{ left: number }> {
    const idle = new AbortController();
    const finished = this.whenIdle().then(() => idle.abort());
    const remainingMs = Math.max(0, deadlineMs - clock.monotonicMs());
    await Promise.race([finished, delay(clock, remainingMs, idle.signal)]);
    const left = this.#processing + this.#queue.length;
    if (left > 0) this.#stopping.abort();
    for (const task of this.#queue.splice(0)) task.reject?.(deadlineError());
    return { left };
  }

  #accept(task: Task<J, R>): boolean {
    if (this.#closing !== undefined) return false;
    if (this.#processing < this.#workers) void this.#work(task);
    else if (this.#queue.length < this.#options.capacity) this.#queue.push(task);
    else return false;
    return true;
  }

  async #work(task: Task<J, R>): Promise<void> {
    const { onResult, onError } = this.#options;
    this.#processing++;
    let result: R;
    try {
      result = await this.#attempt(task.job);
    } catch (error) {
      const failed = ++this.#failed;
      this.#goOn();
      task.reject?.(error);
      if (this.#isTold(failed)) onError?.(error, task.job, failed);
      return;
    }
    this.#succeeded++;
    this.#goOn();
    task.resolve?.(result);
    onResult?.(result, task.job);
  }

  /** Asynchronous, so that a job that throws at once fails like any other. */
  async #attempt(job: J): Promise<R> {
    return this.#options.run(job, this.#stopping.signal);
  }

  /** One worker is free: whoever hears of its result finds it so. */
  #goOn(): void {
    this.#processing--;
    const next = this.#queue.shift();
    if (next !== undefined) void this.#work(next);
    else if (this.#processing === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  #isTold(failed: number): boolean {
    const { tellEvery } = this.#options;
    return tellEvery === undefined ? Number.isInteger(Math.log2(failed)) : failed % tellEvery === 0;
  }
}

function fullError(queued: number): LcError {
  return new LcError('LC_POOL_FULL', {
    message: `all workers are busy and ${queued} jobs wait`,
    advice: 'Submit again when some are done, or give the pool more workers or capacity.',
  });
}

function closedError(): LcError {
  return new LcError('LC_POOL_CLOSED', {
    message: 'the pool is closed',
    advice: 'Stop submitting before it is closed.',
  });
}

function deadlineError(): LcError {
  return new LcError('LC_POOL_DEADLINE', {
    message: 'the pool was closed before the job could start',
    advice: 'Give closing more time, or submit the job again later.',
  });
}
