import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { it } from 'node:test';
import { pathsToLoki, startAgent } from '../helpers/agent.ts';
import { assertArrived } from '../helpers/arrivals.ts';
import { skipWithout } from '../helpers/missing-part.ts';
import { NumberedLog } from '../helpers/numbered-log.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { scopeOf } from '../helpers/scope.ts';

/** Runs a command where an empty folder hides /proc. */
const HIDDEN = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs none /proc && exec "$@"', 'sh'];

it('without /proc it reads, delivers and stops; metrics that come from there are missing', async t => {
  const [command = '', ...args] = [...HIDDEN, 'true'];
  if (spawnSync(command, args).status !== 0) return skipWithout(t, 'unshare --mount is not allowed here');
  const scope = scopeOf(t);
  const dir = await scope.folder();
  const receiver = await startReceiver(scope);
  const log = new NumberedLog('app', join(dir, 'app.log'));
  log.append(1000);
  const config = pathsToLoki([log.path], receiver.url);
  for (let start = 0; start < 2; start++) {
    const agent = await startAgent(scope, { config, dir, through: HIDDEN });
    log.append(1000);
    await assertArrived(receiver, [log]);
    const metrics = await agent.metrics();
    assert.ok((metrics.get('nodejs_heap_size_used_bytes') ?? 0) > 1e6);
    assert.equal(metrics.get('process_open_fds'), undefined);
    await agent.assertBalanced();
    assert.equal(await agent.stop(), 0);
  }
});
