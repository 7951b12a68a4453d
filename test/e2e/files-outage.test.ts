/** Rotation while nothing can be read, for the sink takes nothing. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathsToLoki, startAgent } from '../helpers/agent.ts';
import { assertArrived } from '../helpers/arrivals.ts';
import { NumberedLog } from '../helpers/numbered-log.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { scopeOf } from '../helpers/scope.ts';

/** A queue that one read fills. */
const BOUNDS = { queue_bytes: '256KiB', queue_size: 500, batch_size: 100, batch_bytes: '64KiB' };
/** Long enough for the agent to look, and shorter than that. */
const PAUSES_MS = [500, 0, 100];

for (const pattern of ['app.log', 'app.log*']) {
  it(`${pattern} is copied and truncated 6 times while the sink is down, with lines that were never seen (F2)`, async t => {
    const scope = scopeOf(t);
    const dir = await scope.folder();
    const receiver = await startReceiver(scope, { limits: 'none', faults: true });
    const folder = join(dir, 'logs');
    mkdirSync(folder);
    const log = new NumberedLog('app', join(folder, 'app.log'));
    const source = { name: 'app', paths: [join(folder, pattern)], labels: { filename: null } };
    const config = { ...pathsToLoki([], receiver.url, BOUNDS), file_monitor: { sources: [source] } };
    let agent = await startAgent(scope, { config, dir });
    log.append(100);
    await receiver.until(({ lines }) => lines >= 100);
    await receiver.faults({ faults: [{ action: 'answer', status: 503 }] });
    for (let n = 0; n < 6; n++) {
      log.append(3000);
      await sleep(PAUSES_MS[n % 3]);
      log.append(1000 - n * 100);
      log.copyTruncate();
      await sleep(PAUSES_MS[(n + 1) % 3]);
      if (n !== 3) continue;
      await agent.kill9();
      agent = await startAgent(scope, { config, dir });
    }
    log.append(5);
    await receiver.clearFaults();
    await assertArrived(receiver, [log]);
    await agent.assertBalanced();
    await agent.stop();
  });
}
