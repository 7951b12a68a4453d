/** Containers whose connections break: D1, D4, D8, and an engine that stands still. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { assertArrived } from '../helpers/arrivals.ts';
import { rawLog } from '../helpers/docker-engine.ts';
import { dockerRig, READS, sumOf } from '../helpers/docker-rig.ts';
import type { SocketProxy } from '../helpers/socket-proxy.ts';
import { until } from '../helpers/until.ts';

const CUTS = 50;
const LINES = 100;

function logConnections(proxy: SocketProxy): number {
  return proxy.requests().filter(request => request.includes('/logs?')).length;
}

for (const read of READS) {
  it(`D1 ${read}: the log stream cut 50 times under load: every line once, in order`, async t => {
    const rig = await dockerRig(t, { read });
    if (rig === undefined) return;
    const { engine, proxy, receiver } = rig;
    const containers = [await engine.run({ name: 'one' }), await engine.run({ name: 'two' })];
    const agent = await rig.startAgent();
    for (let n = 0; n < CUTS; n++) {
      for (const container of containers) await container.append(LINES);
      await receiver.until(stats => stats.lines >= n * LINES);
      if (read === 'api')
        await until(
          async () => logConnections(proxy),
          count => count === 2,
        );
      // In the middle of a line, between two, or at once.
      if (n % 10 === 9) proxy.cut();
      else proxy.cutAfter((n % 20) * 500, /logs/);
    }
    await assertArrived(receiver, containers);
    if (read === 'api') assert.ok((await sumOf(agent, 'docker_reconnects_total')) >= CUTS);
    await agent.assertBalanced();
    assert.equal(await agent.stop(), 0);
  });

  it(`D4 ${read}: 30 reconnects to an idle container send nothing again`, async t => {
    const rig = await dockerRig(t, { read });
    if (rig === undefined) return;
    const { engine, proxy, receiver } = rig;
    const container = await engine.run({ name: 'idle' });
    await container.append(10);
    await container.printError('the last of them\n');
    const agent = await rig.startAgent();
    await receiver.until(stats => stats.lines >= 11);
    for (let n = 0; n < 30; n++) {
      proxy.cut();
      const isBack = async (): Promise<boolean> => proxy.requests().some(each => each.includes(`/events`));
      await until(isBack, Boolean);
    }
    await container.append(1);
    await receiver.until(stats => stats.lines >= 12);
    assert.equal((await receiver.stats()).lines, 12);
    assert.equal((await receiver.stats()).duplicates, 0);
    assert.equal(await sumOf(agent, 'logs_read_total'), 12);
    assert.equal(await agent.stop(), 0);
  });

  it(`D8 ${read}: the engine is restarted under load, and its containers live on`, async t => {
    const rig = await dockerRig(t, { read, args: ['--live-restore'] });
    if (rig === undefined) return;
    const { engine, receiver } = rig;
    const container = await engine.run({ name: 'app' });
    const agent = await rig.startAgent();
    for (let n = 0; n < 3; n++) {
      await container.append(2000);
      // What an engine that ends, however politely, has taken from a container and not yet written down, is lost with it.
      await until(
        async () => (await rawLog(container)).split('\n').length - 1,
        count => count === container.lines,
      );
      await engine.stop(n === 2 ? 'SIGKILL' : 'SIGTERM');
      const printed = container.append(200);
      await engine.start();
      await printed;
    }
    await assertArrived(receiver, [container]);
    await agent.assertBalanced();
    await container.remove();
    assert.equal(await agent.stop(), 0);
  });

  it(`${read}: an engine that stands still for a while costs nothing but time`, async t => {
    const rig = await dockerRig(t, { read });
    if (rig === undefined) return;
    const { engine, proxy, receiver } = rig;
    const container = await engine.run({ name: 'app' });
    const agent = await rig.startAgent();
    await container.append(1000);
    await engine.freeze();
    proxy.cut();
    await container.append(100);
    await until(async () => (await agent.health()).components.docker_monitor?.status, Boolean);
    engine.thaw();
    await container.append(1000);
    await assertArrived(receiver, [container]);
    assert.equal(await agent.stop(), 0);
  });
}
