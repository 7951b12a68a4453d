import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { pathsToLoki, startAgent } from '../helpers/agent.ts';
import { assertArrived, assertWhole, keptBy, linesOf } from '../helpers/arrivals.ts';
import { freePort } from '../helpers/free-port.ts';
import { NumberedLog } from '../helpers/numbered-log.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { type Scope, scopeOf } from '../helpers/scope.ts';
import { until } from '../helpers/until.ts';

/** Small batches: whatever happens, it happens in the middle. */
const LANE = { batch_size: 1000 };

interface Outage {
  readonly scope: Scope;
  readonly dir: string;
  readonly port: number;
  readonly logs: readonly NumberedLog[];
  /** Of an agent that ships the logs to the port. */
  readonly config: object;
}

async function outage(t: TestContext): Promise<Outage> {
  const scope = scopeOf(t);
  const dir = await scope.folder();
  const port = await freePort();
  const logs = ['a', 'b'].map(source => new NumberedLog(source, join(dir, `${source}.log`)));
  for (const log of logs) log.append(10_000);
  const config = pathsToLoki([join(dir, '*.log')], `http://127.0.0.1:${port}`, LANE);
  return { scope, dir, port, logs, config };
}

it('a receiver that comes late, hangs, is killed, and comes back empty: nothing is missing, nothing twice', async t => {
  const { scope, dir, port, logs, config } = await outage(t);
  const agent = await startAgent(scope, { config, dir });
  await until(
    () => agent.health(),
    ({ components }) => components['sink loki']?.status === 'degraded',
  );

  const first = await startReceiver(scope, { port, faults: true });
  // Every push but the first few waits for an answer, and never gets one.
  await first.faults({ faults: [{ action: 'pass', pushes: 5 }, { action: 'hang' }] });
  await first.until(stats => stats.pushes >= 5);
  const arrived = await keptBy(first);
  assert.ok(arrived.length > 0 && arrived.length < linesOf(logs));
  await first.stop('SIGKILL');

  for (const log of logs) log.append(1000);
  const second = await startReceiver(scope, { port });
  await second.until(stats => stats.lines >= linesOf(logs) - arrived.length);
  await assertWhole([...arrived, ...(await keptBy(second))], logs);
  await agent.assertBalanced();
  assert.equal(await agent.stop(), 0);
});

it('a receiver that answers 500, 503 and 429 for a while is asked again, not before the time it names', async t => {
  const { scope, dir, port, logs, config } = await outage(t);
  const receiver = await startReceiver(scope, { port, faults: true });
  await receiver.faults({
    faults: [
      { action: 'answer', status: 500, pushes: 3 },
      { action: 'pass', pushes: 1 },
      { action: 'answer', status: 503, text: '<html>proxy</html>', pushes: 3 },
      { action: 'pass', pushes: 1 },
      { action: 'answer', status: 429, headers: { 'Retry-After': '1' }, pushes: 1 },
    ],
  });
  const start = performance.now();
  const agent = await startAgent(scope, { config, dir });
  await assertArrived(receiver, logs);
  assert.ok(performance.now() - start > 1000, 'Retry-After is honoured');
  const metrics = await agent.metrics();
  assert.equal(metrics.get('log_capturer_sink_errors_total{sink="loki",kind="unavailable"}'), 6);
  assert.equal(metrics.get('log_capturer_sink_errors_total{sink="loki",kind="rate_limited"}'), 1);
  await agent.assertBalanced();
  assert.equal(await agent.stop(), 0);
});

it('an answer that gets lost after the push was stored: the same bytes come again, and are stored once', async t => {
  const { scope, dir, port, logs, config } = await outage(t);
  const receiver = await startReceiver(scope, { port, faults: true });
  await receiver.faults({
    faults: [
      { action: 'pass', pushes: 2 },
      { action: 'store_then_cut', pushes: 3 },
      { action: 'pass', pushes: 1 },
      { action: 'store_then_answer', status: 500, pushes: 2 },
    ],
  });
  const agent = await startAgent(scope, { config, dir });
  await assertArrived(receiver, logs);
  await agent.assertBalanced();
  assert.equal(await agent.stop(), 0);
  const { duplicates } = await receiver.stats();
  assert.ok(duplicates >= 1000, `${duplicates} lines came again and were known`);
});
