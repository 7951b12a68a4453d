import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { systemCode } from '../../../pkg/errors/errors.ts';

const CGROUP_ID = /(?:^|[/-])([0-9a-f]{64})(?:\.scope)?$/;
/** Engines mount these into every container, from a folder that has its id in its name. */
const MOUNT =
  /\/containers\/([0-9a-f]{64})\/(?:hostname|hosts|resolv\.conf) \/etc\/(?:hostname|hosts|resolv\.conf) /;
const SHORT_ID = /^[0-9a-f]{12}$/;

/** The ids, or their beginnings, of the container that this process runs in; none outside of one. */
export function ownContainerIds(
  read: (path: string) => string = readText,
  host: string = hostname(),
): readonly string[] {
  const cgroups = read('/proc/self/cgroup').split('\n');
  const mounts = read('/proc/self/mountinfo').split('\n');
  const found = [
    ...cgroups.map(line => CGROUP_ID.exec(line)?.[1]),
    ...mounts.map(line => MOUNT.exec(line)?.[1]),
    SHORT_ID.exec(host)?.[0],
  ];
  return [...new Set(found.filter(id => id !== undefined))];
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    // Another system, or a /proc of less: then nothing is known from there.
    if (systemCode(error) === '') throw error;
    return '';
  }
}
