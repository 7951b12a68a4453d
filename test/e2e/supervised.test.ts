import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import { pathsToLoki, startAgent } from '../helpers/agent.ts';
import { notifyStub } from '../helpers/notify-stub.ts';
import { NumberedLog } from '../helpers/numbered-log.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { scopeOf } from '../helpers/scope.ts';
import { until } from '../helpers/until.ts';

it('systemd is told READY, RELOADING, STOPPING and the status, and pinged while there is progress (O4)', async t => {
  const scope = scopeOf(t);
  const dir = await scope.folder();
  const receiver = await startReceiver(scope);
  const stub = notifyStub(dir, 400);
  const log = new NumberedLog('app', join(dir, 'app.log'));
  log.append(100);
  const config = pathsToLoki([log.path], receiver.url);
  const agent = await startAgent(scope, { config, dir, env: stub.env });
  const told = (pattern: RegExp): Promise<string[]> =>
    until(
      async () => stub.messages(),
      messages => messages.some(message => pattern.test(message)),
    );
  assert.match(
    (await told(/READY/))[0] ?? '',
    /^READY=1 STATUS=1 sources; sinks: loki ok; \d+ records under way$/,
  );
  await told(/^WATCHDOG=1 STATUS=1 sources/);
  await agent.reload(config);
  const messages = await told(/RELOADING/);
  const after = messages.findIndex(message => message.startsWith('RELOADING=1 MONOTONIC_USEC='));
  await until(
    async () => stub.messages().slice(after),
    later => later.some(message => message.startsWith('READY=1')),
  );
  assert.equal(await agent.stop(), 0);
  const last = stub.messages().findLast(message => !message.startsWith('WATCHDOG=1'));
  assert.match(
    last ?? '',
    /^STOPPING=1/,
    'a stop is told, and while it takes time it is seen to make progress',
  );
});
