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

/** The machine's processes, as /proc tells; where it does not, by asking whether one could be sent a signal. */
export const systemProcesses: Processes = {
  self: async () => ({ pid: process.pid, started: (await look(process.pid))?.started ?? '' }),
  isAlive: async ({ pid, started }) => {
    const found = await look(pid);
    if (found === undefined || started === '') return pid !== process.pid && takesSignals(pid);
    return found.started === started && !found.isDead;
  },
};

interface Found {
  readonly started: string;
  /** It has ended, but its parent has not asked how. */
  readonly isDead: boolean;
}

/** Fields of /proc/PID/stat, counted from after the name, which may itself hold blanks and brackets. */
const STATE = 0;
const START_TIME = 19;

async function look(pid: number): Promise<Found | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { started: `${boot.trim()}:${fields[START_TIME]}`, isDead: /[ZXx]/.test(fields[STATE] ?? '') };
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
