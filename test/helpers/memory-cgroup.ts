import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { TestScope } from './process.ts';

const ROOT = '/sys/fs/cgroup';
const IS_V2 = existsSync(join(ROOT, 'cgroup.controllers'));
/** An ended process leaves its cgroup a moment later. */
const REMOVE_TRIES = 50;
const REMOVE_PAUSE_MS = 20;

/**
 * A command that runs another one with so much memory and no swap, as a container's or a unit's limit does. `undefined`
 * where no cgroup can be made: the test is skipped.
 */
export function memoryLimited(
  test: TestContext,
  scope: TestScope,
  limitBytes: number,
): readonly string[] | undefined {
  const folder = join(IS_V2 ? ROOT : join(ROOT, 'memory'), `log-capturer-${process.pid}`);
  try {
    if (IS_V2) writeFileSync(join(ROOT, 'cgroup.subtree_control'), '+memory');
    mkdirSync(folder);
    scope.after(() => remove(folder));
    writeFileSync(join(folder, IS_V2 ? 'memory.max' : 'memory.limit_in_bytes'), `${limitBytes}`);
    const noSwap = join(folder, IS_V2 ? 'memory.swap.max' : 'memory.swappiness');
    if (existsSync(noSwap)) writeFileSync(noSwap, '0');
  } catch (error) {
    test.skip(`NO MEMORY LIMIT HERE: a cgroup cannot be made in ${ROOT} (${String(error)})`);
    return undefined;
  }
  return ['sh', '-c', 'echo $$ > "$0" && exec "$@"', join(folder, 'cgroup.procs')];
}

async function remove(folder: string): Promise<void> {
  for (let tries = 1; ; tries++)
    try {
      rmdirSync(folder);
      return;
    } catch (error) {
      if (tries === REMOVE_TRIES) throw error;
      await new Promise(resolve => setTimeout(resolve, REMOVE_PAUSE_MS));
    }
}
