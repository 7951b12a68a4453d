import { type Clock, systemClock } from '../../pkg/clock/clock.ts';

/** The machine's clock, `factor` times as fast: for what has to wait while real sockets are at work. */
export function hurriedClock(factor: number): Clock {
  return {
    now: () => systemClock.now() * factor,
    monotonicMs: () => systemClock.monotonicMs() * factor,
    after: (delayMs, fn, ref) => systemClock.after(delayMs / factor, fn, ref),
    every: (periodMs, fn) => systemClock.every(periodMs / factor, fn),
  };
}
