import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { pathsToLoki, startAgent } from '../helpers/agent.ts';
import { assertArrived } from '../helpers/arrivals.ts';
import { NumberedLog } from '../helpers/numbered-log.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { scopeOf } from '../helpers/scope.ts';
import { until } from '../helpers/until.ts';

const SHIFT = fileURLToPath(new URL('../helpers/shift-clock.mjs', import.meta.url));

it('the clock is set back an hour, during an outage, too: every line once, in order, and no part is stuck (F20)', async t => {
  const scope = scopeOf(t);
  const dir = await scope.folder();
  const receiver = await startReceiver(scope, { faults: true });
  const log = new NumberedLog('app', join(dir, 'app.log'));
  const config = pathsToLoki([log.path], receiver.url);
  log.append(1000);
  const agent = await startAgent(scope, { config, dir, env: { NODE_OPTIONS: `--import=${SHIFT}` } });
  await receiver.until(({ lines }) => lines === log.lines);

  agent.process.child.kill('SIGUSR2');
  log.append(1000);
  await receiver.until(({ lines }) => lines === log.lines);

  await receiver.faults({ faults: [{ action: 'answer', status: 503 }] });
  log.append(1000);
  await until(
    () => agent.metrics(),
    metrics => (metrics.get('log_capturer_sink_consecutive_errors{sink="loki"}') ?? 0) > 1,
  );
  agent.process.child.kill('SIGUSR2');
  log.append(1000);
  await receiver.clearFaults();
  await assertArrived(receiver, [log]);

  const times: bigint[] = [];
  for await (const { ts } of receiver.export()) times.push(BigInt(ts));
  assert.ok(times.every((time, n) => n === 0 || time >= times[n - 1]!));
  assert.equal((await agent.health()).status, 'ok');
  await agent.assertBalanced();
  assert.equal(await agent.stop(), 0);
});
