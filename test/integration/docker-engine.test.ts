/** The engine that the other Docker tests stand on. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { it } from 'node:test';
import { DockerEngine, rawLog } from '../helpers/docker-engine.ts';
import { hasDocker } from '../helpers/docker-parts.ts';
import { scopeOf } from '../helpers/scope.ts';
import { SocketProxy } from '../helpers/socket-proxy.ts';
import { until } from '../helpers/until.ts';

it('an engine of its own: prints, restarts, is cut off, and leaves nothing behind', async t => {
  if (!hasDocker(t)) return;
  const scope = scopeOf(t);
  const engine = await DockerEngine.start(scope);
  const container = await engine.run({ name: 'app' });
  await container.append(3);
  await container.printError('oh\n');
  const lines = async (): Promise<number> => (await rawLog(container)).split('\n').length - 1;
  assert.equal(await until(lines, count => count >= 4), 4);

  const proxy = await SocketProxy.start(scope, join(engine.dir, 'proxy.sock'), engine.socket);
  const events = request({ socketPath: proxy.path, path: '/events' }, answer => answer.resume());
  const isCut = new Promise<void>(resolve =>
    events
      .on('close', resolve)
      .on('error', () => resolve())
      .end(),
  );
  const requests = await until(
    async () => proxy.requests(),
    ([first]) => first !== undefined && first !== '',
  );
  assert.deepEqual(requests, ['GET /events']);
  assert.equal(proxy.cut(), 1);
  await isCut;

  await engine.restart();
  await container.start();
  await container.append(1);
  assert.equal(await until(lines, count => count >= 5), 5);
  await container.end();
  await scope.close();
  assert.equal(existsSync(engine.dir), false);
});
