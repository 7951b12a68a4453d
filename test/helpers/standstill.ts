import { readdirSync, readFileSync } from 'node:fs';

/**
 * Holds a process still (SIGSTOP) and resolves once it does stand still: the signal reaches its threads one by one, and
 * one that is under way on another processor may still answer a request after `kill` has returned. Linux: field 3 of
 * `/proc/PID/task/TID/stat` is `T` in a thread that is stopped (proc(5)). `SIGCONT` lets it go on.
 */
export async function standStill(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  while (!threadsOf(pid).every(isStopped)) await new Promise(setImmediate);
}

function threadsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/task`).map(thread => `/proc/${pid}/task/${thread}/stat`);
}

/** A thread that has ended in the meantime answers nobody either. */
function isStopped(statPath: string): boolean {
  try {
    const stat = readFileSync(statPath, 'latin1');
    return 'TXZ'.includes(stat.charAt(stat.lastIndexOf(')') + 2));
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH'))
      return true;
    throw error;
  }
}
