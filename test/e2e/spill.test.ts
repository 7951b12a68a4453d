import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import { pathsToLoki, startAgent, type TestAgent } from '../helpers/agent.ts';
import { assertArrived } from '../helpers/arrivals.ts';
import { freePort } from '../helpers/free-port.ts';
import { NumberedLog } from '../helpers/numbered-log.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { scopeOf } from '../helpers/scope.ts';
import { until } from '../helpers/until.ts';

/** A queue and a patience so small that nearly everything becomes dead letters while the sink is down. */
const LANE = {
  ...{ overflow: 'spill', max_retries: 2, batch_size: 1000, queue_size: 10_000 },
  shutdown_timeout: '300ms',
};

/** Waits until so many lines of this agent's life are dead letters. */
async function untilStored(agent: TestAgent, lines: number): Promise<void> {
  await until(
    () => agent.metrics(),
    metrics => metrics.get('log_capturer_logs_settled_total{sink="loki",outcome="stored"}')! >= lines,
  );
  await agent.assertBalanced();
}

it('a long outage with kills and stops, before it ends and while dead letters are sent: nothing missing, nothing twice', async t => {
  const scope = scopeOf(t);
  const dir = await scope.folder();
  const port = await freePort();
  const logs = ['a', 'b', 'c'].map(source => new NumberedLog(source, join(dir, `${source}.log`)));
  for (const log of logs) log.append(30_000);
  const config = pathsToLoki([join(dir, '*.log')], `http://127.0.0.1:${port}`, LANE);

  const killed = await startAgent(scope, { config, dir });
  await untilStored(killed, 5000);
  await killed.kill9();
  for (const log of logs) log.append(2000);
  const stopped = await startAgent(scope, { config, dir });
  await untilStored(stopped, 5000);
  assert.equal(await stopped.stop(), 3);

  const sender = await startAgent(scope, { config, dir });
  const receiver = await startReceiver(scope, { port });
  await receiver.until(stats => stats.lines > 20_000);
  await sender.kill9();
  const last = await startAgent(scope, { config, dir });
  await assertArrived(receiver, logs, 'in any order');
  await last.assertBalanced();
  assert.equal(await last.stop(), 0);
});
