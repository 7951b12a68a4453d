import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { nodeFs } from '../fsx/fs.ts';
import { Lock } from './lock.ts';
import { systemProcesses } from './processes.ts';

const HOLD = `
  import { Lock } from ${JSON.stringify(new URL('./lock.ts', import.meta.url).href)};
  import { nodeFs } from ${JSON.stringify(new URL('../fsx/fs.ts', import.meta.url).href)};
  await new Lock(nodeFs, process.argv[1]).acquire();
  process.stdout.write('held');
  process.stdin.resume();
`;

/** Another process that holds the lock at `path` until it is killed. */
async function holder(path: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', HOLD, path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(child.stdout!, 'data');
  return child;
}

describe('Lock', () => {
  let directory: string;
  let path: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lock-'));
    path = join(directory, 'lock');
  });
  after(() => rm(directory, { recursive: true }));

  it('keeps others out while its holder lives, and is taken over after kill -9', async () => {
    const child = await holder(path);
    const lock = new Lock(nodeFs, path);
    await assert.rejects(lock.acquire(), {
      code: 'LC_STATE_LOCKED',
      message: new RegExp(`process ${child.pid}`),
    });
    assert.equal((await lock.holder())?.pid, child.pid);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await lock.acquire();
    assert.equal((await lock.holder())?.pid, process.pid);
    await lock.release();
    assert.deepEqual(await readdir(directory), []);
  });

  it('keeps a second one of the same process out, and does not remove what it does not hold', async () => {
    const [first, second] = [new Lock(nodeFs, path), new Lock(nodeFs, path)];
    await first.acquire();
    await assert.rejects(second.acquire(), { code: 'LC_STATE_LOCKED' });
    await second.release();
    assert.equal((await first.holder())?.pid, process.pid);
    await first.release();
  });

  it('is taken over from a process whose id was given to another, and from one that never wrote it', async () => {
    for (const text of [JSON.stringify({ pid: process.pid, started: 'another boot:1' }), '', '{"pid":']) {
      await writeFile(path, text);
      const lock = new Lock(nodeFs, path);
      assert.equal(await lock.holder(), undefined);
      await lock.acquire();
      assert.equal(await readFile(path, 'utf8'), JSON.stringify(await systemProcesses.self()));
      await lock.release();
    }
  });

  it('is taken over from a process that has ended but that its parent has not buried', async t => {
    const script = 'sleep 0.1 & echo $!; exec sleep 60';
    const parent = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    t.after(() => parent.kill('SIGKILL'));
    const pid = Number(await once(parent.stdout, 'data'));
    const stat = async (): Promise<string[]> => (await readFile(`/proc/${pid}/stat`, 'utf8')).split(' ');
    const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
    const holder = { pid, started: `${boot}:${(await stat())[21]}` };
    assert.equal(await systemProcesses.isAlive(holder), true);
    while ((await stat())[2] !== 'Z') await setTimeout(5);
    assert.equal(await systemProcesses.isAlive(holder), false);
  });

  it('asks by signal where the kernel does not tell when a process began', async () => {
    const child = await holder(path);
    const unknown = { pid: child.pid!, started: '' };
    assert.equal(await systemProcesses.isAlive(unknown), true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.equal(await systemProcesses.isAlive(unknown), false);
  });
});
