import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { pathsToLoki, startAgent } from '../helpers/agent.ts';
import { assertArrived } from '../helpers/arrivals.ts';
import { notifyStub } from '../helpers/notify-stub.ts';
import { NumberedLog } from '../helpers/numbered-log.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { scopeOf } from '../helpers/scope.ts';
import { until } from '../helpers/until.ts';

const HANG = fileURLToPath(new URL('../helpers/hang-files.mjs', import.meta.url));

it('a disk that hangs turns /health to 503 within 60 s and ends the pings; nothing is lost (O3)', async t => {
  const scope = scopeOf(t);
  const dir = await scope.folder();
  const receiver = await startReceiver(scope);
  const stub = notifyStub(dir, 2000);
  const trigger = join(dir, 'hang');
  const log = new NumberedLog('app', join(dir, 'app.log'));
  log.append(1000);
  const config = pathsToLoki([log.path], receiver.url);
  const env = { ...stub.env, NODE_OPTIONS: `--import=${HANG}`, LOG_CAPTURER_HANG: trigger };
  const agent = await startAgent(scope, { config, dir, env });
  await receiver.until(stats => stats.lines >= 1000);
  writeFileSync(trigger, `${agent.pid}`);
  log.append(1000);
  const startMs = performance.now();
  const health = await until(
    async () => ({ code: (await fetch(`${agent.url}/health`)).status, ...(await agent.health()) }),
    ({ code }) => code === 503,
  );
  assert.ok(performance.now() - startMs < 60_000);
  assert.equal(health.components.positions?.status, 'failed');
  assert.match(health.components.positions?.reason ?? '', /the disk does not answer: \w+ of .*journal/);
  const lastStatus = await until(
    async () => stub.messages().at(-1) ?? '',
    message => message.startsWith('STATUS='),
  );
  assert.match(lastStatus, /stuck: positions/);

  // What the watchdog does.
  await agent.kill9();
  const restarted = await startAgent(scope, { config, dir });
  await assertArrived(receiver, [log]);
  assert.equal(await restarted.stop(), 0);
});
