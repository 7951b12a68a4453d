import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { pathsToLoki, startAgent, writeConfig } from '../helpers/agent.ts';
import { assertArrived } from '../helpers/arrivals.ts';
import { freePort } from '../helpers/free-port.ts';
import { NumberedLog } from '../helpers/numbered-log.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { runReloads } from '../helpers/reload-run.ts';
import { scopeOf } from '../helpers/scope.ts';
import { until } from '../helpers/until.ts';

async function running(t: TestContext, dispatcher: object = {}) {
  const scope = scopeOf(t);
  const dir = await scope.folder();
  const receiver = await startReceiver(scope);
  const log = new NumberedLog('app', join(dir, 'app.log'));
  log.append(1000);
  const config = pathsToLoki([log.path], receiver.url, dispatcher);
  const agent = await startAgent(scope, { config, dir });
  return { scope, dir, receiver, log, config, agent };
}

it('18 reloads at 10 000 lines a second lose nothing, repeat nothing and keep the order (O2)', async t => {
  await runReloads(scopeOf(t), 18);
});

it('a bad config leaves the old one running, and log, metrics and API say so (O2)', async t => {
  const { agent, config, log, receiver, dir } = await running(t);
  const answer = await agent.reload({ ...config, sinks: { loki: { url: 'nowhere', tokn: 'x' } } });
  assert.equal(answer.result, 'failed');
  assert.equal(answer.errors?.length, 2, 'all errors at once, each with its place');
  assert.match(answer.errors?.[0] ?? '', /config\.yaml:\d+:\d+: sinks\.loki/);
  await agent.process.line('stderr', /"config\.reload".*sinks\.loki/);
  let metrics = await agent.metrics();
  assert.equal(metrics.get('log_capturer_config_reloads_total{result="failure"}'), 1);
  assert.equal(metrics.get('log_capturer_config_last_reload_successful'), 0);

  // By signal as well; and again with a good one.
  agent.process.child.kill('SIGHUP');
  await until(
    () => agent.metrics(),
    metrics => metrics.get('log_capturer_config_reloads_total{result="failure"}') === 2,
  );
  writeConfig({ config, dir });
  agent.process.child.kill('SIGHUP');
  metrics = await until(
    () => agent.metrics(),
    metrics => metrics.get('log_capturer_config_reloads_total{result="success"}') === 1,
  );
  assert.equal(metrics.get('log_capturer_config_last_reload_successful'), 1);
  log.append(1000);
  await assertArrived(receiver, [log]);
  assert.equal(await agent.stop(), 0);
});

it('unchanged sources and sinks are not touched: not their files, not their connections (O2)', async t => {
  const { agent, config, receiver, scope, dir, log } = await running(t);
  const other = await startReceiver(scope);
  await receiver.until(stats => stats.lines >= 1000);
  const before = openTo(agent.pid, log.path, receiver.port);
  assert.equal(before.length, 2, 'the log and one connection');
  const extra = new NumberedLog('extra', join(dir, 'extra.log'));
  const sources = [
    ...(config as { file_monitor: { sources: object[] } }).file_monitor.sources,
    { name: 'extra', paths: [extra.path] },
  ];
  const answer = await agent.reload({
    ...config,
    file_monitor: { sources },
    sinks: { loki: { url: receiver.url }, other: { type: 'loki', url: other.url } },
    log: { level: 'debug' },
  });
  assert.deepEqual([answer.sources.added, answer.sources.changed], [['file extra'], []]);
  assert.deepEqual([answer.sinks.added, answer.sinks.changed], [['other'], []]);
  assert.deepEqual([answer.applied, answer.needs_restart], [['log.level'], []]);
  assert.deepEqual(openTo(agent.pid, log.path, receiver.port), before);
  extra.append(10);
  await other.until(stats => stats.lines >= 10);
  await assertArrived(receiver, [log, extra]);
  assert.equal(await agent.stop(), 0);
});

it('what only a restart changes is said, and the effective config does not pretend otherwise', async t => {
  const { agent, config } = await running(t);
  const changed = {
    ...config,
    state_dir: '/nowhere',
    dlq: { max_bytes: '2GiB' },
    dispatcher: { queue_size: 7 },
  };
  const answer = await agent.reload(changed);
  assert.deepEqual(answer.needs_restart, ['state_dir', 'dispatcher.queue_size', 'dlq']);
  await agent.process.line('stderr', /"config\.restart".*state_dir/);
  const effective = (await (await fetch(`${agent.url}/api/v1/config`)).json()) as { stateDir: string };
  assert.notEqual(effective.stateDir, '/nowhere');
  assert.equal(await agent.stop(), 0);
});

it('a sink that never worked is mended by a reload: all that waited goes there, once and in order', async t => {
  const { agent, config, receiver, log } = await running(t, { queue_size: 2000, batch_size: 500 });
  await assertArrived(receiver, [log]);
  const broken = { ...config, sinks: { loki: { url: `http://127.0.0.1:${await freePort()}` } } };
  assert.deepEqual((await agent.reload(broken)).sinks.changed, ['loki']);
  log.append(20_000);
  await until(
    () => agent.files(),
    files => files.some(({ waitsFor }) => waitsFor === 'room in the queue'),
  );
  // With a changed source that cannot let go before there is room, of a file that nobody could open again.
  rmSync(log.path);
  const { file_monitor: files } = config as { file_monitor: { sources: object[] } };
  const mended = { ...config, file_monitor: { sources: [{ ...files.sources[0], max_line_bytes: '64KiB' }] } };
  const answer = await agent.reload(mended);
  assert.deepEqual([answer.sinks.changed, answer.sources.changed], [['loki'], ['file app']]);
  await assertArrived(receiver, [log]);
  await agent.assertBalanced();
  assert.equal(await agent.stop(), 0);
});

/** What the process has open of a file, and of connections to a port, by descriptor. */
function openTo(pid: number, path: string, port: number): string[] {
  const inodes = readFileSync(`/proc/${pid}/net/tcp`, 'utf8')
    .split('\n')
    .slice(1, -1)
    .map(row => row.trim().split(/\s+/))
    .filter(([, , remote = '']) => Number.parseInt(remote.split(':')[1] ?? '', 16) === port)
    .map(row => `socket:[${row[9]}]`);
  const wanted = new Set([path, ...inodes]);
  return readdirSync(`/proc/${pid}/fd`).flatMap(fd => {
    const target = linkOf(`/proc/${pid}/fd/${fd}`);
    return target !== undefined && wanted.has(target) ? [`${fd} ${target}`] : [];
  });
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    // Closed since it was listed.
    return undefined;
  }
}
