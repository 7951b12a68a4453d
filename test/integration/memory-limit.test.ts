import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { it } from 'node:test';
import { startAgent } from '../helpers/agent.ts';
import { memoryLimited } from '../helpers/memory-cgroup.ts';
import { NumberedLog } from '../helpers/numbered-log.ts';
import { MAIN } from '../helpers/process.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { scopeOf } from '../helpers/scope.ts';
import { startWriter } from '../helpers/steady-writer.ts';
import { until } from '../helpers/until.ts';
import { isWhole, verdictOf } from '../soak/sink.ts';

const LIMIT_BYTES = 64 << 20;
const BACKLOG = 200_000;
const LINES_PER_SECOND = 3000;

for (const profile of ['balanced', 'low_memory'])
  it(`64 MiB of memory and an outage, profile ${profile}: every line arrives, and it says what it makes do with`, {
    timeout: 180_000,
  }, async t => {
    const scope = scopeOf(t);
    const through = memoryLimited(t, scope, LIMIT_BYTES);
    if (through === undefined) return;
    // Its flags are others under a limit, and so is what it has compiled: the start of a checkout would take as much.
    const [command = '', ...args] = [...through, process.execPath, MAIN, 'warm'];
    execFileSync(command, args, { stdio: 'pipe' });
    const dir = await scope.folder();
    // It keeps no lines: on a slow machine there are many.
    const receiver = await startReceiver(scope, { discard: 'decode', verifySequence: true, faults: true });
    const log = new NumberedLog('app', join(dir, 'app.log'));
    log.append(BACKLOG);
    const sources = [{ name: 'app', paths: [log.path] }];
    const config = { profile, file_monitor: { sources }, sinks: { loki: { url: receiver.url } } };
    const agent = await startAgent(scope, { config, dir, through });
    assert.match(agent.process.stderr(), /the memory limit is 64 MiB: queue, batches or parkings/);
    const writer = startWriter(scope, [log], LINES_PER_SECOND);
    await receiver.until(({ lines }) => lines > BACKLOG);

    await receiver.faults({ faults: [{ action: 'answer', status: 503 }] });
    const backlog = log.lines;
    await until(
      async () => log.lines,
      lines => lines > backlog + 10 * LINES_PER_SECOND,
    );
    await receiver.clearFaults();
    await writer.stop();
    const arrived = await until(
      () => receiver.sequence(),
      ({ sources }) => sources[0]?.distinct === log.lines,
    );
    assert.ok(isWhole(verdictOf(arrived, [log])), JSON.stringify(arrived));
    await agent.assertBalanced();
    assert.equal(await agent.stop(), 0);
  });
