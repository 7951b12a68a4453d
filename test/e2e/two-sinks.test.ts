import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import { pathsToLoki, startAgent } from '../helpers/agent.ts';
import { assertArrived, linesOf } from '../helpers/arrivals.ts';
import { freePort } from '../helpers/free-port.ts';
import { NumberedLog } from '../helpers/numbered-log.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { scopeOf } from '../helpers/scope.ts';
import { until } from '../helpers/until.ts';

const QUEUE_RECORDS = 5000;
/** What a reader puts into one chunk at the most: a queue that is not full takes all of it. */
const CHUNK_RECORDS = 8192;
const SOURCES = ['a', 'b', 'c'];

it('a dead sink holds up the others only when the queue is full of its lines, and gets them all later', async t => {
  const scope = scopeOf(t);
  const dir = await scope.folder();
  const port = await freePort();
  const alive = await startReceiver(scope);
  const logs = SOURCES.map(source => new NumberedLog(source, join(dir, `${source}.log`)));
  for (const log of logs) log.append(20_000);
  const lane = { queue_size: QUEUE_RECORDS, batch_size: 500, copy_mode: 'optimized' };
  const config = {
    ...pathsToLoki([join(dir, '*.log')], alive.url, lane),
    sinks: {
      alive: { type: 'loki', url: alive.url },
      dead: { type: 'loki', url: `http://127.0.0.1:${port}` },
    },
  };
  const agent = await startAgent(scope, { config, dir });

  await until(
    () => agent.files(),
    files => files.some(({ waitsFor }) => waitsFor === 'room in the queue'),
  );
  const { metrics, read } = await until(
    async () => {
      const metrics = await agent.metrics();
      const read = metrics.get('log_capturer_logs_read_total{monitor="file",source="app"}')!;
      return { metrics, read, hasAll: (await alive.stats()).lines === read };
    },
    ({ hasAll }) => hasAll,
  );
  assert.ok(read >= QUEUE_RECORDS && read < linesOf(logs), `${read} lines were read`);
  assert.ok(metrics.get('log_capturer_dispatcher_queue_size')! < QUEUE_RECORDS + CHUNK_RECORDS);
  assert.equal(metrics.get('log_capturer_sink_healthy{sink="dead"}'), 0);
  await agent.assertBalanced();

  const revived = await startReceiver(scope, { port });
  await assertArrived(revived, logs);
  await assertArrived(alive, logs);
  await agent.assertBalanced();
  assert.equal(await agent.stop(), 0);
});
