/** From one way of reading containers to the other, and through every rotation of the files in which the engine keeps logs. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startAgent } from '../helpers/agent.ts';
import { assertArrived } from '../helpers/arrivals.ts';
import { DockerEngine } from '../helpers/docker-engine.ts';
import { hasDocker } from '../helpers/docker-parts.ts';
import { containersToLoki, dockerRig, READS, sumOf } from '../helpers/docker-rig.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { scopeOf } from '../helpers/scope.ts';

const WAYS = ['files', 'api'] as const;
const ROUNDS = 40;

for (const compress of ['false', 'true']) {
  it(`rotation under load, compress: ${compress}; files and api in turn: every line once, in order`, async t => {
    if (!hasDocker(t)) return;
    const scope = scopeOf(t);
    const [engine, receiver] = await Promise.all([DockerEngine.start(scope), startReceiver(scope)]);
    const logOptions = { 'max-size': '1m', 'max-file': '3', compress };
    const containers = [
      await engine.run({ name: 'one', logOptions }),
      await engine.run({ name: 'two', logOptions }),
    ];
    const dir = await scope.folder();
    for (let n = 0; n < 8; n++) {
      const config = containersToLoki(engine.socket, receiver.url, { read: WAYS[n % 2] });
      const agent = await startAgent(scope, { config, dir });
      for (const container of containers) await container.append(3000);
      const lines = containers.reduce((sum, each) => sum + each.lines, 0);
      // Ended in the middle of it.
      await receiver.until(stats => stats.lines >= lines - 3000);
      if (n % 4 < 2) assert.equal(await agent.stop(), 0);
      else await agent.kill9();
    }
    const config = containersToLoki(engine.socket, receiver.url, { read: 'files' });
    const agent = await startAgent(scope, { config, dir });
    await assertArrived(receiver, containers);
    await agent.assertBalanced();
    assert.equal(await agent.stop(), 0);
  });
}

for (const read of READS) {
  it(`${read}: a log that is rotated again and again is read once, also where the engine repeats itself or leaves out files`, async t => {
    const rig = await dockerRig(t, { read });
    if (rig === undefined) return;
    const logOptions = { 'max-size': '300k', 'max-file': '5' };
    const container = await rig.engine.run({ name: 'app', logOptions });
    const agent = await rig.startAgent();
    for (let n = 0; n < ROUNDS; n++) {
      await container.append(1000);
      await container.printError(`error ${n}\n`);
      await rig.receiver.until(stats => stats.lines >= n * 1000);
    }
    await rig.receiver.until(stats => stats.lines >= container.lines + ROUNDS);
    assert.equal(await sumOf(agent, 'logs_read_total'), container.lines + ROUNDS);
    assert.equal((await rig.receiver.stats()).duplicates, 0);
    assert.equal(await agent.stop(), 0);
  });
}

it('another way at each of 20 reloads under load: every line once, in order', async t => {
  if (!hasDocker(t)) return;
  const scope = scopeOf(t);
  const [engine, receiver] = await Promise.all([DockerEngine.start(scope), startReceiver(scope)]);
  const containers = [await engine.run({ name: 'one' }), await engine.run({ name: 'two' })];
  const config = (read: string): object => containersToLoki(engine.socket, receiver.url, { read });
  const agent = await startAgent(scope, { config: config('api'), dir: await scope.folder() });
  for (let n = 0; n < 20; n++) {
    for (const container of containers) await container.append(500);
    const answer = await agent.reload(config(WAYS[n % 2]!));
    assert.deepEqual(answer.sources.changed, ['docker test']);
    for (const container of containers) await container.append(500);
  }
  await assertArrived(receiver, containers);
  await agent.assertBalanced();
  assert.equal(await agent.stop(), 0);
});
