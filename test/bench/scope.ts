import { Scope } from '../helpers/scope.ts';

export type { Scope as BenchScope };

/** Runs `work` and cleans up after it, last first, however it ends. */
export async function withScope<T>(work: (scope: Scope) => Promise<T>): Promise<T> {
  const scope = new Scope();
  try {
    return await work(scope);
  } finally {
    await scope.close();
  }
}
