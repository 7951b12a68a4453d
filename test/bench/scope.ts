import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestScope } from '../helpers/process.ts';

/** Where a benchmark says what has to be cleaned up. */
export interface BenchScope extends TestScope {
  /** A folder that goes with the scope. */
  folder(): Promise<string>;
}

/** Runs `work` and cleans up after it, last first, however it ends. */
export async function withScope<T>(work: (scope: BenchScope) => Promise<T>): Promise<T> {
  const cleanups: (() => Promise<void> | void)[] = [];
  const scope: BenchScope = {
    after: fn => void cleanups.unshift(fn),
    async folder() {
      const path = await mkdtemp(join(tmpdir(), 'log-capturer-bench-'));
      cleanups.unshift(() => rm(path, { recursive: true, force: true }));
      return path;
    },
  };
  try {
    return await work(scope);
  } finally {
    for (const cleanup of cleanups) await cleanup();
  }
}
