import assert from 'node:assert/strict';
import { readdirSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { pathsToLoki, startAgent, type TestAgent } from '../helpers/agent.ts';
import { keptBy } from '../helpers/arrivals.ts';
import { NumberedLog } from '../helpers/numbered-log.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { scopeOf } from '../helpers/scope.ts';
import { until } from '../helpers/until.ts';

const KIB = 1024;
const MAX_DELETED_BYTES = 512 * KIB;
const FILES = 100;
const AT_ONCE = 20;
const LINES = 100;

/** The files that a process has open: inode, size, and whether nothing else keeps them. */
function openFiles(
  pid: number,
): { readonly ino: number; readonly size: number; readonly isDeleted: boolean }[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap(fd => {
    const path = `/proc/${pid}/fd/${fd}`;
    try {
      const { ino, size } = statSync(path);
      return [{ ino, size, isDeleted: readlinkSync(path).endsWith('.log (deleted)') }];
    } catch (error) {
      // Closed meanwhile.
      assert.equal((error as NodeJS.ErrnoException).code, 'ENOENT');
      return [];
    }
  });
}

function heldBytes(pid: number): number {
  return openFiles(pid).reduce((sum, { size, isDeleted }) => sum + (isDeleted ? size : 0), 0);
}

/** What is lost by all accounts of the agent, by reason. */
async function lost(
  agent: TestAgent,
  unit: 'lines' | 'bytes',
): Promise<{ givenUp: number; deleted: number }> {
  const metric = `log_capturer_logs_lost_${unit === 'bytes' ? 'bytes_' : ''}total`;
  const metrics = await agent.metrics();
  const of = (reason: string): number => metrics.get(`${metric}{source="app",reason="${reason}"}`) ?? 0;
  return { givenUp: of('max_deleted_bytes'), deleted: of('file_deleted') };
}

it('100 files deleted while the sink is down are held up to the limit, the rest is counted (F14)', async t => {
  const scope = scopeOf(t);
  const dir = await scope.folder();
  const down = await startReceiver(scope);
  await down.stop();
  const source = { name: 'app', paths: [join(dir, '*.log')], max_deleted_bytes: MAX_DELETED_BYTES };
  const bounds = { queue_bytes: '256KiB', queue_size: 500, batch_size: 100, batch_bytes: '64KiB' };
  const config = { ...pathsToLoki([], down.url, bounds), file_monitor: { sources: [source] } };
  const agent = await startAgent(scope, { config, dir });
  let bytes = 0;
  for (let n = 0; n < FILES; n += AT_ONCE) {
    const logs = Array.from(
      { length: AT_ONCE },
      (_, i) => new NumberedLog(`${n + i}`, join(dir, `${n + i}.log`)),
    );
    for (const log of logs) log.append(LINES);
    const stats = logs.map(({ path }) => statSync(path));
    bytes += stats.reduce((sum, { size }) => sum + size, 0);
    await until(
      async () => new Set(openFiles(agent.pid).map(({ ino }) => ino)),
      open => stats.every(({ ino }) => open.has(ino)),
    );
    for (const { path } of logs) rmSync(path);
    // Above the limit only as long as it takes to notice, and by what was read already of the files at the limit.
    await until(
      async () => heldBytes(agent.pid),
      held => held <= MAX_DELETED_BYTES + 64 * KIB,
    );
  }
  const lines = await lost(agent, 'lines');
  const lostBytes = await lost(agent, 'bytes');
  assert.ok(lines.givenUp > 0);
  assert.equal(lostBytes.deleted, 0);

  const up = await startReceiver(scope, { port: down.port });
  await up.until(stats => stats.lines >= FILES * LINES - lines.givenUp);
  const arrived = (await keptBy(up)).map(({ line }) => line);
  assert.equal(arrived.length, new Set(arrived).size);
  assert.equal(arrived.length + lines.givenUp, FILES * LINES);
  assert.equal(arrived.reduce((sum, line) => sum + line.length + 1, 0) + lostBytes.givenUp, bytes);
  await agent.assertBalanced();
  assert.equal(await agent.stop(), 0);
});
