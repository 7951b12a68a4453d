/** A mount that stops answering (F19): a real FUSE file system whose process is paused. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { pathsToLoki, startAgent } from '../helpers/agent.ts';
import { assertArrived } from '../helpers/arrivals.ts';
import { NumberedLog } from '../helpers/numbered-log.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { type Scope, scopeOf } from '../helpers/scope.ts';
import { standStill } from '../helpers/standstill.ts';
import { until } from '../helpers/until.ts';

/** A file system that can be paused; where there is none the test is skipped loudly, and fails in CI. */
async function mountPausable(
  test: TestContext,
  scope: Scope,
  from: string,
  to: string,
): Promise<number | undefined> {
  const mounted = spawn('bindfs', ['-f', from, to], { stdio: 'ignore' });
  const failed = new Promise<string>(resolve => mounted.once('error', error => resolve(error.message)));
  const isThere = until(
    async () => spawnSync('mountpoint', ['-q', to]).status === 0 || mounted.exitCode !== null,
    isDone => isDone,
  ).then(() => (mounted.exitCode === null ? '' : `bindfs ended with ${mounted.exitCode}`));
  const problem = await Promise.race([failed, isThere]);
  if (problem === '') {
    scope.after(() => {
      mounted.kill('SIGKILL');
      spawnSync('umount', ['--lazy', to]);
    });
    return mounted.pid;
  }
  const missing = `no FUSE file system can be mounted (Debian: bindfs): ${problem}`;
  assert.notEqual(process.env.CI, 'true', missing);
  test.skip(missing);
  return undefined;
}

it('a mount that stops answering stalls its source, which says so; others go on, and so does a stop (F19)', async t => {
  const scope = scopeOf(t);
  const dir = await scope.folder();
  for (const name of ['behind', 'mount', 'disk']) mkdirSync(join(dir, name));
  const pid = await mountPausable(t, scope, join(dir, 'behind'), join(dir, 'mount'));
  if (pid === undefined) return;
  const receiver = await startReceiver(scope);
  const hung = new NumberedLog('hung', join(dir, 'behind/app.log'));
  const fine = new NumberedLog('fine', join(dir, 'disk/app.log'));
  const sources = ['mount', 'disk'].map(name => ({ name, paths: [join(dir, name, '*.log')] }));
  const config = {
    ...pathsToLoki([], receiver.url, { shutdown_timeout: '5s' }),
    file_monitor: { sources },
  };
  hung.append(1000);
  fine.append(1000);
  const agent = await startAgent(scope, { config, dir });
  await assertArrived(receiver, [hung, fine]);

  await standStill(pid);
  for (let n = 0; n < 10; n++) {
    fine.append(100);
    await receiver.until(stats => stats.lines >= hung.lines + fine.lines);
  }
  const { components } = await until(
    () => agent.health(),
    ({ status }) => status === 'degraded',
  );
  assert.match(JSON.stringify(components), /does not come back/);
  const startMs = performance.now();
  agent.process.child.kill('SIGTERM');
  await agent.process.line('stderr', /"agent\.stopped"/);
  assert.ok(performance.now() - startMs < 15_000, `the stop took ${performance.now() - startMs} ms`);
  // What the kernel has handed to a file system, it lets nobody leave: the process ends no later than that answers.
  process.kill(pid, 'SIGCONT');
  await agent.process.exited;

  hung.append(100);
  const next = await startAgent(scope, { config, dir });
  await assertArrived(receiver, [hung, fine]);
  await next.assertBalanced();
  assert.equal(await next.stop(), 0);
});
