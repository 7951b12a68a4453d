import { readFileSync } from 'node:fs';

/** What a process has used so far, from /proc. */
export interface Usage {
  /** User and system time of all its threads, in seconds (10 ms steps). */
  readonly cpuSeconds: number;
  readonly rssMb: number;
  readonly peakRssMb: number;
  /** What of it is no file's: heaps, stacks, buffers. */
  readonly anonymousMb: number;
}

/** Reads `/proc/PID`: Linux only, as the benchmarks are. */
export function usageOf(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const kb = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100,
    rssMb: (kb('VmRSS') * 1024) / 1e6,
    peakRssMb: (kb('VmHWM') * 1024) / 1e6,
    anonymousMb: (kb('RssAnon') * 1024) / 1e6,
  };
}
