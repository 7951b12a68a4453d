import { readFile } from 'node:fs/promises';
import { systemCode } from '../../pkg/errors/errors.ts';

/** A process that holds a lock. Its id alone is not enough: ids are given to other processes sooner or later. */
export interface Holder {
  readonly pid: number;
  /** When it began: boot id and ticks since boot. `''` where the kernel does not say. */
  readonly started: string;
}

/** What a lock must know of processes; tests bring their own. */
export interface Processes {
  self(): Promise<Holder>;
  isAlive(holder: Holder): Promise<boolean>;
}

/** The machine's processes, as /proc tells; without it, by asking whether one could be sent a signal. */
export const systemProcesses: Processes = {
  self: async () => ({ pid: process.pid, started: (await startOf(process.pid)) ?? '' }),
  isAlive: async ({ pid, started }) => {
    if (started !== '') return (await startOf(pid)) === started;
    return pid !== process.pid && takesSignals(pid);
  },
};

/** Of the fields of /proc/PID/stat that follow the name, which may itself hold blanks and brackets. */
const START_TIME = 19;

async function startOf(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[START_TIME];
    return `${boot.trim()}:${ticks}`;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

function takesSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}
