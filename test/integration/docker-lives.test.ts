/** Containers that come, go and change, while the agent runs and while it does not: D2, D5, D7. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { assertArrived, keptBy } from '../helpers/arrivals.ts';
import { containersOf, dockerRig, READS, sumOf } from '../helpers/docker-rig.ts';
import { until } from '../helpers/until.ts';

for (const read of READS) {
  it(`D2 ${read}: the agent is stopped and killed while a container prints`, async t => {
    const rig = await dockerRig(t, { read });
    if (rig === undefined) return;
    const { engine, receiver } = rig;
    const container = await engine.run({ name: 'app' });
    for (let n = 0; n < 4; n++) {
      const agent = await rig.startAgent();
      await container.append(500);
      await receiver.until(stats => stats.lines >= n * 1000);
      if (n % 2 === 0) assert.equal(await agent.stop(), 0);
      else await agent.kill9();
      await container.append(500);
    }
    const agent = await rig.startAgent();
    await assertArrived(receiver, [container]);
    assert.equal(await agent.stop(), 0);
  });

  it(`D5 ${read}: a container is stopped, started, renamed and made again with other labels`, async t => {
    const rig = await dockerRig(t, { read });
    if (rig === undefined) return;
    const { engine, receiver } = rig;
    const container = await engine.run({ name: 'app', labels: { 'log_capturer.label.team': 'a' } });
    const agent = await rig.startAgent();
    for (let n = 0; n < 3; n++) {
      await container.append(100);
      await receiver.until(stats => stats.lines >= container.lines);
      await container.stop();
      await container.start();
    }
    await container.rename('other');
    const isRenamed = async (): Promise<boolean> =>
      (await containersOf(agent)).some(({ name }) => name === 'other');
    await until(isRenamed, Boolean);
    await container.append(100);
    await assertArrived(receiver, [container]);
    const names = (await keptBy(receiver)).map(({ labels }) => [labels.container_name, labels.team].join());
    assert.deepEqual([...new Set(names)], ['app,a', 'other,a']);

    await container.remove();
    const again = await engine.run({ name: 'again', labels: { 'log_capturer.label.team': 'b' } });
    await again.append(10);
    await assertArrived(receiver, [container, again]);
    assert.equal(await agent.stop(), 0);
  });

  it(`D7 ${read}: containers that live for a moment, with and without a terminal`, async t => {
    const rig = await dockerRig(t, { read });
    if (rig === undefined) return;
    const { engine, receiver } = rig;
    const short = { script: 'echo one; echo two >&2; printf three' };
    await engine.run({ ...short, name: 'before' });
    const agent = await rig.startAgent();
    await engine.run({ ...short, name: 'now' });
    await engine.run({ ...short, name: 'tty', tty: true });
    await receiver.until(stats => stats.lines >= 9);
    const kept = (await keptBy(receiver)).map(({ labels, line }) => `${labels.container_name} ${line}`);
    const expected = ['before', 'now', 'tty'].flatMap(name => [
      `${name} one`,
      `${name} three`,
      `${name} two`,
    ]);
    assert.deepEqual(kept.toSorted(), expected.toSorted());
    const states = (): Promise<string[]> =>
      containersOf(agent).then(all => all.map(({ follower }) => follower?.state ?? ''));
    await until(states, all => all.every(state => state === 'stopped'));
    assert.equal(await agent.stop(), 0);

    const next = await rig.startAgent();
    assert.equal(await sumOf(next, 'logs_read_total'), 0);
    assert.equal(await next.stop(), 0);
    assert.equal((await receiver.stats()).duplicates, 0);
  });

  it(`D7 ${read}: a container is removed while the sink is down`, async t => {
    const rig = await dockerRig(t, { read });
    if (rig === undefined) return;
    const { engine, receiver } = rig;
    const container = await engine.run({ name: 'app' });
    const agent = await rig.startAgent();
    await receiver.faults({ faults: [{ action: 'answer', status: 503 }] });
    await container.append(2000);
    const isRead = async (): Promise<number> => sumOf(agent, 'logs_read_total');
    await until(isRead, read => read >= 2000);
    await container.remove();
    await receiver.clearFaults();
    await assertArrived(receiver, [container]);
    await agent.assertBalanced();
    assert.equal(await agent.stop(), 0);
  });
}
