import assert from 'node:assert/strict';
import { chmodSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { it } from 'node:test';
import { pathsToLoki, startAgent } from '../helpers/agent.ts';
import { assertArrived } from '../helpers/arrivals.ts';
import { NumberedLog } from '../helpers/numbered-log.ts';
import { withoutRootsRights } from '../helpers/plain-user.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { scopeOf } from '../helpers/scope.ts';
import { until } from '../helpers/until.ts';

/** Writes a log into a folder that may have to be made. */
function logAt(source: string, path: string): NumberedLog {
  mkdirSync(dirname(path), { recursive: true });
  const log = new NumberedLog(source, path);
  log.append(1000);
  return log;
}

it('paths and folders that come later are waited for: new files, new folders, folders in new folders', async t => {
  const scope = scopeOf(t);
  const dir = await scope.folder();
  const receiver = await startReceiver(scope);
  const paths = [join(dir, 'not/there/yet.log'), join(dir, 'tree/**/*.log')];
  const agent = await startAgent(scope, { config: pathsToLoki(paths, receiver.url), dir });
  const logs = [logAt('a', paths[0]!)];
  await assertArrived(receiver, logs);
  logs.push(logAt('b', join(dir, 'tree/b.log')), logAt('c', join(dir, 'tree/1/2/3/c.log')));
  await assertArrived(receiver, logs);
  logs.push(logAt('d', join(dir, 'tree/1/2/4/d.log')));
  for (const log of logs) log.append(1000);
  await assertArrived(receiver, logs);
  await agent.assertBalanced();
  assert.equal(await agent.stop(), 0);
});

it('a file that may not be read is told of once, counted, holds up nothing, and is read once it may be', async t => {
  const through = withoutRootsRights(t);
  if (through === undefined) return;
  const scope = scopeOf(t);
  const dir = await scope.folder();
  const receiver = await startReceiver(scope);
  const closed = logAt('closed', join(dir, 'closed.log'));
  const open = logAt('open', join(dir, 'open.log'));
  chmodSync(closed.path, 0);
  const config = pathsToLoki([join(dir, '*.log')], receiver.url);
  const agent = await startAgent(scope, { config, dir, through });
  await assertArrived(receiver, [open]);
  const { components } = await until(
    () => agent.health(),
    ({ status }) => status === 'degraded',
  );
  assert.match(components.file_monitor!.reason!, /closed\.log: .*EACCES/);
  const series = 'log_capturer_file_errors_total{source="app",kind="unreadable"}';
  assert.equal((await agent.metrics()).get(series), 1);
  chmodSync(closed.path, 0o600);
  await assertArrived(receiver, [open, closed]);
  await until(
    () => agent.health(),
    ({ status }) => status === 'ok',
  );
  assert.equal(await agent.stop(), 0);
  assert.equal(agent.process.stderr().match(/"file\.unreadable"/g)?.length, 1);
});
