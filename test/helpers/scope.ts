import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestScope } from './process.ts';

/** What has to be cleaned up, last first: a process goes before the folder in which it works. */
export class Scope implements TestScope {
  readonly #cleanups: (() => Promise<void> | void)[] = [];

  after(fn: () => Promise<void> | void): void {
    this.#cleanups.unshift(fn);
  }

  /** A folder that goes with the scope. */
  async folder(): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), 'log-capturer-'));
    this.after(() => rm(path, { recursive: true, force: true }));
    return path;
  }

  async close(): Promise<void> {
    for (const cleanup of this.#cleanups.splice(0)) await cleanup();
  }
}

/** A scope that ends with the test. */
export function scopeOf(test: TestScope): Scope {
  const scope = new Scope();
  test.after(() => scope.close());
  return scope;
}
