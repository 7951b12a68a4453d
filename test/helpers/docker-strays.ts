import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemCode } from '../../pkg/errors/errors.ts';

/** Folders of engines begin so; the id of the test's process follows. */
export const ENGINE_PREFIX = join(tmpdir(), 'log-capturer-engine-');

/** Takes away what tests left that were killed themselves. */
export async function sweepAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const dir = join(tmpdir(), name);
    if (!dir.startsWith(ENGINE_PREFIX)) continue;
    const owner = Number.parseInt(dir.slice(ENGINE_PREFIX.length), 10);
    if (existsSync(`/proc/${owner}`)) continue;
    await killStrays(dir);
    await unmountAll(dir);
    await rm(dir, { recursive: true, force: true });
  }
}

/** Kills what an engine that did not end by itself left: its containers, their shims, its containerd. */
export async function killStrays(dir: string): Promise<void> {
  const runs = join(dir, 'exec/runtime-runc/moby');
  for (const id of await orNothing(readdir(runs))) {
    const [text] = await orNothing(readFile(join(runs, id, 'state.json'), 'utf8').then(each => [each]));
    if (text === undefined) continue;
    const init = JSON.parse(text) as { init_process_pid: number; init_process_start: number };
    if ((await startOf(init.init_process_pid)) === init.init_process_start) kill(init.init_process_pid);
  }
  for (const name of await readdir('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const [command = ''] = await orNothing(readFile(`/proc/${pid}/cmdline`, 'utf8').then(each => [each]));
    if (/^[^\0]*containerd/.test(command) && command.includes(`${dir}/`)) kill(pid);
  }
}

/** Kills the containerd that a killed engine left; containers and their shims live on. */
export async function killManaged(dir: string): Promise<void> {
  const path = join(dir, 'exec/containerd/containerd.pid');
  const [pid] = await orNothing(readFile(path, 'utf8').then(each => [each]));
  if (pid === undefined) return;
  kill(Number(pid));
  // Where nobody buries the dead, the next engine would take it for a living one.
  await rm(path);
}

/** Unmounts everything below a folder, the innermost first; rejects where anything stays, for nobody may delete that. */
export async function unmountAll(dir: string): Promise<void> {
  for (const point of (await mountsBelow(dir)).toReversed()) {
    await promisify(execFile)('umount', ['--lazy', point]);
  }
  const left = await mountsBelow(dir);
  if (left.length > 0) throw new Error(`still mounted: ${left.join(', ')}`);
}

async function mountsBelow(dir: string): Promise<string[]> {
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  return mounts.map(line => line.split(' ')[4] ?? '').filter(point => point.startsWith(`${dir}/`));
}

/** When a process started, in ticks since boot; `undefined` when it is gone. */
async function startOf(pid: number): Promise<number | undefined> {
  const [stat] = await orNothing(readFile(`/proc/${pid}/stat`, 'latin1').then(each => [each]));
  return stat === undefined ? undefined : Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') throw error;
  }
}

/** A list, or an empty one where nothing is there any more. */
async function orNothing<T>(list: Promise<T[]>): Promise<T[]> {
  try {
    return await list;
  } catch (error) {
    if (!['ENOENT', 'ESRCH', 'ENOTDIR'].includes(systemCode(error))) throw error;
    return [];
  }
}
