/**
 * Time as a dependency: everything that waits or asks for the time takes a `Clock`, so that tests drive
 * it by hand (`ManualClock`) and never sleep.
 */

/** A timer that was armed. Clearing it twice, or after it fired, does nothing. */
export interface Timer {
  clear(): void;
}

export interface Clock {
  /** Wall clock in milliseconds since 1970; may jump either way. */
  now(): number;
  /** Milliseconds that only ever grow; for durations and deadlines. */
  monotonicMs(): number;
  /** Calls `fn` once after `delayMs`. Timers do not keep the process alive unless `ref` is true. */
  after(delayMs: number, fn: () => void, ref?: boolean): Timer;
  /** Calls `fn` every `periodMs` until cleared. Never keeps the process alive. */
  every(periodMs: number, fn: () => void): Timer;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, fn, ref = false) {
    const timer = setTimeout(fn, delayMs);
    if (!ref) timer.unref();
    return { clear: () => clearTimeout(timer) };
  },
  every(periodMs, fn) {
    const timer = setInterval(fn, periodMs);
    timer.unref();
    return { clear: () => clearInterval(timer) };
  },
};

/** Resolves after `delayMs` on `clock`, or at once when `signal` is aborted; never rejects. */
export function delay(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal?.aborted) return resolve();
    const done = (): void => {
      timer.clear();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.after(delayMs, done, true);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** Resolves with `work`, or without it when `ms` are over; rejects as it does. */
export async function within(clock: Clock, work: Promise<unknown>, ms: number): Promise<void> {
  const done = new AbortController();
  try {
    await Promise.race([work, delay(clock, Math.max(0, ms), done.signal)]);
  } finally {
    done.abort();
  }
}
