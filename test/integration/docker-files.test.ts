/** Containers whose logs are read from the files in which the engine keeps them. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startAgent } from '../helpers/agent.ts';
import { assertArrived } from '../helpers/arrivals.ts';
import { DockerEngine } from '../helpers/docker-engine.ts';
import { hasDocker } from '../helpers/docker-parts.ts';
import { containersToLoki } from '../helpers/docker-rig.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { scopeOf } from '../helpers/scope.ts';

const WAYS = ['files', 'api'] as const;

for (const compress of ['false', 'true']) {
  it(`json-file with rotation under load, compress: ${compress}, another way at each start: every line once, in order`, async t => {
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
      // Stopped in the middle of it.
      await receiver.until(stats => stats.lines >= lines - 3000);
      assert.equal(await agent.stop(), 0);
    }
    const config = containersToLoki(engine.socket, receiver.url, { read: 'files' });
    const agent = await startAgent(scope, { config, dir });
    await assertArrived(receiver, containers);
    await agent.assertBalanced();
    assert.equal(await agent.stop(), 0);
  });
}
