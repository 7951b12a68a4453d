import assert from 'node:assert/strict';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { it } from 'node:test';
import { setInterval } from 'node:timers/promises';
import { pathsToLoki, startAgent } from '../helpers/agent.ts';
import { assertArrived } from '../helpers/arrivals.ts';
import { NumberedLog } from '../helpers/numbered-log.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { scopeOf } from '../helpers/scope.ts';
import { startWriter } from '../helpers/steady-writer.ts';

const PATHS = ['/metrics', '/health', '/api/v1/status', '/ready'];
const REQUESTS_PER_SECOND = 1000;
const PERIOD_MS = 20;
const SECONDS = 3;

it('1 000 requests a second on the API: they are answered, and the data keeps flowing', async t => {
  const scope = scopeOf(t);
  const dir = await scope.folder();
  const receiver = await startReceiver(scope);
  const log = new NumberedLog('app', join(dir, 'app.log'));
  log.append(100);
  const agent = await startAgent(scope, { config: pathsToLoki([log.path], receiver.url), dir });
  const writer = startWriter(scope, [log], 10_000);
  const connections = new Agent({ keepAlive: true, maxSockets: 50 });
  t.after(() => connections.destroy());
  const statuses = new Map<number, number>();
  const answers: Promise<void>[] = [];
  const requests = (REQUESTS_PER_SECOND * PERIOD_MS) / 1000;
  let sent = 0;
  let isFlowing = false;
  const flowing = receiver
    .until(({ lines }) => lines > 100)
    .then(() => {
      isFlowing = true;
    });
  for await (const _ of setInterval(PERIOD_MS)) {
    for (let n = 0; n < requests; n++) {
      const path = PATHS[sent++ % PATHS.length]!;
      answers.push(
        statusOf(agent.url + path, connections).then(status => {
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
        }),
      );
    }
    // Lines have to arrive meanwhile, however slow the machine is.
    if (sent >= REQUESTS_PER_SECOND * SECONDS && isFlowing) break;
  }
  await flowing;
  await Promise.all(answers);
  await writer.stop();
  assert.deepEqual([...statuses.keys()], [200]);
  await assertArrived(receiver, [log]);
  await agent.assertBalanced();
  assert.equal(await agent.stop(), 0);
});

function statusOf(url: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, response => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0));
    }).once('error', reject);
  });
}
