/** An agent with nothing to do costs nothing (I8): measured by the kernel, on a real process. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathsToLoki, startAgent } from '../helpers/agent.ts';
import { assertArrived } from '../helpers/arrivals.ts';
import { NumberedLog } from '../helpers/numbered-log.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { scopeOf } from '../helpers/scope.ts';

const WINDOW_MS = 5000;
const MAX_CPU_MS = 20;
const MAX_SWITCHES = 20;
/** After its last line an agent may tidy up for so long. */
const MAX_WINDOWS = 10;

interface Cost {
  readonly cpuMs: number;
  /** How often any thread of the process was woken. */
  readonly switches: number;
}

/** What a process has cost so far. CPU time comes in steps of 10 ms. */
function costOf(pid: number): Cost {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  let switches = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'latin1');
    switches += Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)![1]);
  }
  return { cpuMs: (Number(fields[11]) + Number(fields[12])) * 10, switches };
}

it('an agent that has delivered everything comes to rest: no CPU time, no wake-ups, for 5 s', async t => {
  const scope = scopeOf(t);
  const dir = await scope.folder();
  const receiver = await startReceiver(scope);
  const log = new NumberedLog('app', join(dir, 'app.log'));
  log.append(10_000);
  // Nothing is expected soon of a file that is old.
  utimesSync(log.path, 0, 0);
  const config = pathsToLoki([join(dir, '*.log')], receiver.url);
  const agent = await startAgent(scope, { config, dir });
  await assertArrived(receiver, [log]);

  const windows: Cost[] = [];
  let isAtRest = false;
  while (!isAtRest && windows.length < MAX_WINDOWS) {
    const before = costOf(agent.pid);
    await sleep(WINDOW_MS);
    const after = costOf(agent.pid);
    const cost = { cpuMs: after.cpuMs - before.cpuMs, switches: after.switches - before.switches };
    windows.push(cost);
    isAtRest = cost.cpuMs < MAX_CPU_MS && cost.switches < MAX_SWITCHES;
  }
  t.diagnostic(JSON.stringify(windows));
  assert.ok(isAtRest, `never at rest: ${JSON.stringify(windows)}`);

  log.append(1);
  await assertArrived(receiver, [log]);
  await agent.assertBalanced();
  assert.equal(await agent.stop(), 0);
});
