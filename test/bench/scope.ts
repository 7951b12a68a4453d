import { Scope } from '../helpers/scope.ts';

export type { Scope as BenchScope };

/** Runs `work` and cleans up after it, last first, however it ends: also when it is interrupted, which rejects. */
export async function withScope<T>(work: (scope: Scope) => Promise<T>): Promise<T> {
  const scope = new Scope();
  const interrupted = Promise.withResolvers<never>();
  const interrupt = (signal: NodeJS.Signals): void => interrupted.reject(new Error(`ended by ${signal}`));
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.once(signal, interrupt);
  try {
    return await Promise.race([work(scope), interrupted.promise]);
  } finally {
    for (const signal of signals) process.off(signal, interrupt);
    await scope.close();
  }
}
