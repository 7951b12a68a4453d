/** Outages that end on the disk: what overflows is kept as dead letters, and sent when the sink is back. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { pathsToLoki, startAgent, type TestAgent } from '../helpers/agent.ts';
import { assertArrived, linesOf } from '../helpers/arrivals.ts';
import { freePort } from '../helpers/free-port.ts';
import { NumberedLog } from '../helpers/numbered-log.ts';
import { MAIN } from '../helpers/process.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { type Scope, scopeOf } from '../helpers/scope.ts';
import { until } from '../helpers/until.ts';

/** A queue that is soon full, and a disk that takes the rest. */
const SPILL = { overflow: 'spill', batch_size: 1000, queue_size: 20_000 };
const SOURCES = ['a', 'b', 'c'];
const POISON_LINES = 100;

interface Work {
  readonly scope: Scope;
  readonly dir: string;
  readonly port: number;
  readonly logs: readonly NumberedLog[];
  /** Of an agent that ships the logs to the port. */
  readonly config: object;
}

async function work(t: TestContext, dispatcher: object = SPILL): Promise<Work> {
  const scope = scopeOf(t);
  const dir = await scope.folder();
  const port = await freePort();
  const logs = SOURCES.map(source => new NumberedLog(source, join(dir, `${source}.log`)));
  for (const log of logs) log.append(30_000);
  const config = pathsToLoki([join(dir, '*.log')], `http://127.0.0.1:${port}`, dispatcher);
  return { scope, dir, port, logs, config };
}

async function letters(agent: TestAgent, sink = 'loki'): Promise<number> {
  const metrics = await agent.metrics();
  return metrics.get(`log_capturer_dlq_stored_total{sink="${sink}",cause="overflow"}`) ?? 0;
}

/** Waits until everything that was written has been read, whatever became of it. */
async function untilRead(agent: TestAgent, lines: number): Promise<void> {
  await until(
    () => agent.metrics(),
    metrics => metrics.get('log_capturer_logs_read_total{monitor="file",source="app"}') === lines,
  );
}

/** Waits until no letter is left that goes by itself. */
async function untilReplayed(agent: TestAgent): Promise<void> {
  await until(
    () => agent.metrics(),
    metrics => [...metrics].every(([name, value]) => !name.includes('_dlq_records{') || value === 0),
  );
}

it('sink down, everything on disk, kill -9, restart, sink up: nothing is missing, nothing is stored twice', async t => {
  const { scope, dir, port, logs, config } = await work(t);
  const killed = await startAgent(scope, { config, dir });
  await untilRead(killed, linesOf(logs));
  await until(
    () => letters(killed),
    stored => stored > linesOf(logs) / 2,
  );
  await killed.assertBalanced();
  await killed.kill9();
  for (const log of logs) log.append(1000);
  const agent = await startAgent(scope, { config, dir });
  const receiver = await startReceiver(scope, { port });
  await assertArrived(receiver, logs, 'in any order');
  await untilReplayed(agent);
  await agent.assertBalanced();
  assert.equal(await agent.stop(), 0);
  await assertArrived(receiver, logs, 'in any order');
});

it('a dead sink beside a healthy one: this one gets all without a stall, that one when it is back', async t => {
  const { scope, dir, port, logs, config } = await work(t);
  const alive = await startReceiver(scope);
  const sinks = {
    alive: { type: 'loki', url: alive.url },
    dead: { type: 'loki', url: `http://127.0.0.1:${port}` },
  };
  const agent = await startAgent(scope, { config: { ...config, sinks }, dir });
  await assertArrived(alive, logs);
  assert.ok((await letters(agent, 'dead')) > 0);
  const { components } = await agent.health();
  assert.match(components['sink dead']!.reason!, /failed attempts in a row: connect ECONNREFUSED/);
  await agent.assertBalanced();

  // The receiver refuses what is too far behind the newest line of its stream, as Loki does.
  const revived = await startReceiver(scope, { port });
  await assertArrived(revived, logs, 'in any order');
  await untilReplayed(agent);
  await agent.assertBalanced();
  assert.equal(await agent.stop(), 0);
});

it('dead letters at their bound: reading stops, /health says why, nothing is lost once the sink is back', async t => {
  const { scope, dir, port, logs, config } = await work(t, { ...SPILL, retry_queue_bytes: '1MiB' });
  const dlq = { max_bytes: '2MiB', segment_bytes: '512KiB', on_full: 'block' };
  const agent = await startAgent(scope, { config: { ...config, dlq }, dir });
  await until(
    () => agent.health(),
    ({ components }) => components.dlq?.reason?.includes('dlq.max_bytes') === true,
  );
  await until(
    () => agent.files(),
    files => files.some(({ waitsFor }) => waitsFor === 'room in the queue'),
  );
  assert.ok((await letters(agent)) > 0);
  await agent.assertBalanced();

  const receiver = await startReceiver(scope, { port });
  await assertArrived(receiver, logs, 'in any order');
  await untilReplayed(agent);
  await until(
    () => agent.health(),
    ({ status }) => status === 'ok',
  );
  await agent.assertBalanced();
  assert.equal(await agent.stop(), 0);
});

it('lines that the server refuses become letters with its words; all others of the same pushes are delivered', async t => {
  const { scope, dir, port, logs, config } = await work(t);
  const receiver = await startReceiver(scope, { port, faults: true });
  await receiver.faults({ limits: { maxLineBytes: 1000 } });
  writeFileSync(join(dir, 'poison.log'), `${'x'.repeat(2000)}\n`.repeat(POISON_LINES));
  const agent = await startAgent(scope, { config, dir });
  await assertArrived(receiver, logs);
  await until(
    () => agent.metrics(),
    metrics => metrics.get('log_capturer_dlq_stored_total{sink="loki",cause="too_large"}') === POISON_LINES,
  );
  await agent.assertBalanced();
  const listed = execFileSync(process.execPath, [
    MAIN,
    'dlq',
    'list',
    '--json',
    '--config',
    join(dir, 'config.yaml'),
  ]);
  const { groups, letters: found } = JSON.parse(String(listed));
  assert.deepEqual(
    groups.map(({ cause, records }: { cause: string; records: number }) => [cause, records]),
    [['too_large', POISON_LINES]],
  );
  assert.match(found[0].reason, /Max entry size .* exceeded/i);
  assert.equal(await agent.stop(), 0);
});
