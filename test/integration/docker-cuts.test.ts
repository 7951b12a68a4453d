/** What must hold of containers when connections break: D1, D4, D8. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import { startAgent } from '../helpers/agent.ts';
import { assertArrived } from '../helpers/arrivals.ts';
import { containersToLoki } from '../helpers/docker-agent.ts';
import { DockerEngine } from '../helpers/docker-engine.ts';
import { hasDocker } from '../helpers/docker-parts.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { scopeOf } from '../helpers/scope.ts';
import { SocketProxy } from '../helpers/socket-proxy.ts';

it('D1: the log stream cut 50 times under load: every line once, in order', async t => {
  if (!hasDocker(t)) return;
  const scope = scopeOf(t);
  const [engine, receiver] = await Promise.all([DockerEngine.start(scope), startReceiver(scope)]);
  const proxy = await SocketProxy.start(scope, join(engine.dir, 'proxy.sock'), engine.socket);
  const containers = [await engine.run({ name: 'one' }), await engine.run({ name: 'two' })];
  const config = containersToLoki(proxy.path, receiver.url, { read: 'api' });
  const agent = await startAgent(scope, { config, dir: await scope.folder() });
  for (let n = 0; n < 50; n++) {
    for (const container of containers) await container.append(200);
    await receiver.until(stats => stats.lines >= n * 200);
    proxy.cutAfter(n * 1000, /logs/);
    if (n % 10 === 9) proxy.cut();
  }
  await assertArrived(receiver, containers);
  await agent.assertBalanced();
  assert.equal(await agent.stop(), 0);
});
