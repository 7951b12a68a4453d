/** A disk that is full under the state directory: a real one, of a mebibyte. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { type HealthReport, pathsToLoki, startAgent, type TestAgent } from '../helpers/agent.ts';
import { assertArrived } from '../helpers/arrivals.ts';
import { freePort } from '../helpers/free-port.ts';
import { NumberedLog } from '../helpers/numbered-log.ts';
import { startReceiver, type TestReceiver } from '../helpers/receiver.ts';
import { type Scope, scopeOf } from '../helpers/scope.ts';
import { until } from '../helpers/until.ts';

const MIB = 1024 * 1024;

/** Mounts a small disk of some MiB; where that may not be done, the test is skipped loudly, and fails in CI. */
function mountSmallDisk(test: TestContext, scope: Scope, path: string, mebibytes = 1): boolean {
  mkdirSync(path);
  const size = `size=${mebibytes * MIB}`;
  const { error, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', size, 'tmpfs', path]);
  const problem = error?.message ?? stderr.toString().trim();
  if (problem === '') {
    scope.after(() => void spawnSync('umount', ['--lazy', path]));
    return true;
  }
  const missing = `a small disk cannot be mounted: ${problem}`;
  assert.notEqual(process.env.CI, 'true', missing);
  test.skip(missing);
  return false;
}

/** Writes until nothing more fits; removing the file makes the room again. */
function fill(path: string): void {
  const file = openSync(path, 'w');
  const block = Buffer.alloc(4096);
  try {
    for (;;) writeSync(file, block);
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
  } finally {
    closeSync(file);
  }
}

interface FullDisk {
  readonly scope: Scope;
  readonly dir: string;
  readonly state: string;
  readonly filler: string;
  readonly receiver: TestReceiver;
  readonly logs: readonly NumberedLog[];
  readonly config: object;
}

/** Ten logs of which the first lines have arrived, and a disk that is full now. */
async function fullDisk(t: TestContext): Promise<(FullDisk & { readonly agent: TestAgent }) | undefined> {
  const scope = scopeOf(t);
  const dir = await scope.folder();
  const state = join(dir, 'state');
  if (!mountSmallDisk(t, scope, state)) return undefined;
  const receiver = await startReceiver(scope);
  const logs = Array.from({ length: 10 }, (_, n) => new NumberedLog(`log-${n}`, join(dir, `${n}.log`)));
  for (const log of logs) log.append(100);
  const config = { ...pathsToLoki([join(dir, '*.log')], receiver.url), state_dir: state };
  const agent = await startAgent(scope, { config, dir });
  await assertArrived(receiver, logs);
  const filler = join(state, 'filler');
  fill(filler);
  return { scope, dir, state, filler, receiver, logs, config, agent };
}

/** Writes lines until the agent says that the disk is full, and reads no more. Resolves with what it says. */
async function writeUntilStuck(agent: TestAgent, logs: readonly NumberedLog[]): Promise<HealthReport> {
  const health = await until(
    () => {
      for (const log of logs) log.append(100);
      return agent.health();
    },
    ({ status }) => status === 'degraded',
  );
  await until(
    () => agent.files(),
    files => files.some(({ waitsFor }) => waitsFor === 'the state directory to take its position'),
  );
  return health;
}

it('reading stops, /health says why, and everything goes on by itself when there is room again', async t => {
  const disk = await fullDisk(t);
  if (disk === undefined) return;
  const { agent, logs, receiver, filler } = disk;
  const { components } = await writeUntilStuck(agent, logs);
  assert.match(components.positions!.reason!, /cannot be written.*ENOSPC/);
  await agent.assertBalanced();

  rmSync(filler);
  await assertArrived(receiver, logs);
  await until(
    () => agent.health(),
    health => health.status === 'ok',
  );
  await agent.assertBalanced();
  assert.equal(await agent.stop(), 0);
});

it('a disk too small for the dead letters: lines wait in memory, and go to the sink when it is back', async t => {
  const scope = scopeOf(t);
  const dir = await scope.folder();
  const state = join(dir, 'state');
  if (!mountSmallDisk(t, scope, state, 4)) return;
  const port = await freePort();
  const log = new NumberedLog('log', join(dir, 'a.log'));
  const queue = { overflow: 'spill', queue_size: 2000, batch_size: 500 };
  const config = {
    ...pathsToLoki([join(dir, '*.log')], `http://127.0.0.1:${port}`, queue),
    state_dir: state,
  };
  const agent = await startAgent(scope, { config, dir });
  log.append(100_000);
  await until(
    () => agent.health(),
    ({ components }) => /cannot be (stored|written)/.test(components.dlq?.last_error?.message ?? ''),
  );
  await agent.assertBalanced();

  const receiver = await startReceiver(scope, { port });
  // What waited in memory may overtake the letters (`order: fresh`).
  await assertArrived(receiver, [log], 'in any order');
  await until(
    () => agent.health(),
    health => health.status === 'ok',
  );
  await agent.assertBalanced();
  assert.equal(await agent.stop(), 0);
});

it('an agent that is killed while the disk is full goes on where it was, once there is room', async t => {
  const disk = await fullDisk(t);
  if (disk === undefined) return;
  const { scope, dir, agent, logs, receiver, filler, config } = disk;
  await writeUntilStuck(agent, logs);
  await agent.kill9();
  for (const log of logs) log.append(100);
  rmSync(filler);
  const next = await startAgent(scope, { config, dir });
  await assertArrived(receiver, logs);
  await next.assertBalanced();
  assert.equal(await next.stop(), 0);
});

it('an agent that is stopped while the disk is full ends, and the next one goes on', async t => {
  const disk = await fullDisk(t);
  if (disk === undefined) return;
  const { scope, dir, agent, logs, receiver, filler, config } = disk;
  await writeUntilStuck(agent, logs);
  assert.equal(await agent.stop(), 0);
  rmSync(filler);
  const next = await startAgent(scope, { config, dir });
  await assertArrived(receiver, logs);
  await next.assertBalanced();
  assert.equal(await next.stop(), 0);
});
