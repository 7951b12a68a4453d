import assert from 'node:assert/strict';
import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { pathsToLoki, startAgent } from '../helpers/agent.ts';
import { assertArrived, linesOf } from '../helpers/arrivals.ts';
import { NumberedLog } from '../helpers/numbered-log.ts';
import { startReceiver, type TestReceiver } from '../helpers/receiver.ts';
import { type Scope, scopeOf } from '../helpers/scope.ts';

const ROTATIONS = 20;
const LINES = 2000;

interface Rotation {
  readonly scope: Scope;
  readonly dir: string;
  readonly log: NumberedLog;
  readonly receiver: TestReceiver;
  readonly config: object;
}

async function rotation(t: TestContext): Promise<Rotation> {
  const scope = scopeOf(t);
  const dir = await scope.folder();
  const log = new NumberedLog('app', join(dir, 'app.log'));
  const receiver = await startReceiver(scope);
  const config = pathsToLoki([log.path], receiver.url, { batch_size: 1000 });
  return { scope, dir, log, receiver, config };
}

it('a file that is renamed 20 times while it is written and the agent comes and goes', async t => {
  const { scope, dir, log, receiver, config } = await rotation(t);
  log.append(LINES);
  let agent = await startAgent(scope, { config, dir });
  for (let n = 1; n <= ROTATIONS; n++) {
    log.append(LINES);
    if (n % 10 === 3) assert.equal(await agent.stop(), 0);
    if (n % 10 === 7) await agent.kill9();
    // Sometimes the reader is far behind, sometimes it has nearly caught up.
    if (n % 4 === 0) await receiver.until(stats => stats.lines > log.lines - LINES);
    log.append(LINES);
    log.rotate();
    log.append(LINES);
    if (n % 10 === 3 || n % 10 === 7) agent = await startAgent(scope, { config, dir });
  }
  await assertArrived(receiver, [log]);
  await agent.assertBalanced();
  assert.equal(await agent.stop(), 0);
});

it('a file that is truncated when all of it was read, and written again at once, 5 times', async t => {
  const { scope, dir, log, receiver, config } = await rotation(t);
  const agent = await startAgent(scope, { config, dir });
  for (let n = 0; n < 5; n++) {
    log.append(LINES);
    await receiver.until(stats => stats.lines >= linesOf([log]));
    truncateSync(log.path);
    log.append(n % 2 === 0 ? LINES / 2 : LINES * 2);
  }
  await assertArrived(receiver, [log]);
  await agent.assertBalanced();
  assert.equal(await agent.stop(), 0);
});
