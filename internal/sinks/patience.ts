import type { Clock } from '../../pkg/clock/clock.ts';
import type { Failure } from '../../pkg/types/outcome.ts';
import { ABORTED } from './network-failure.ts';

/** How long work is waited for. */
export interface Patience {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signals: readonly AbortSignal[];
}

/**
 * Does `work`, which never rejects, and waits for it until a signal is aborted or the time is over: then it says why it
 * waits no longer, and `stop` tells the work, which may still be in the middle of a call, to go no further.
 */
export function waitFor(
  work: (stop: AbortSignal) => Promise<void>,
  { clock, timeoutMs, signals }: Patience,
): Promise<Failure | undefined> {
  if (signals.some(({ aborted }) => aborted)) return Promise.resolve(ABORTED);
  const stop = new AbortController();
  return new Promise(resolve => {
    const settle = (failure: Failure | undefined): void => {
      timer.clear();
      for (const signal of signals) signal.removeEventListener('abort', onAbort);
      stop.abort();
      resolve(failure);
    };
    const onAbort = (): void => settle(ABORTED);
    const timer = clock.after(timeoutMs, () =>
      settle({ kind: 'timeout', message: `not written within ${timeoutMs} ms` }),
    );
    for (const signal of signals) signal.addEventListener('abort', onAbort);
    void work(stop.signal).then(() => settle(undefined));
  });
}
