/** Many containers, one that always fails, and the agent's own: D9, D10, D11. */
import assert from 'node:assert/strict';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { stringify } from 'yaml';
import { eachOf } from '../../internal/monitors/docker/each-of.ts';
import { assertArrived, keptBy } from '../helpers/arrivals.ts';
import { logPath } from '../helpers/docker-engine.ts';
import { containersOf, containersToLoki, dockerRig, READS, sumOf } from '../helpers/docker-rig.ts';
import { MAIN } from '../helpers/process.ts';
import { until } from '../helpers/until.ts';

/** 200 of them were tried by hand: `D11_CONTAINERS=200`. */
const CONTAINERS = Number(process.env.D11_CONTAINERS ?? 40);
const STARTED_AT_ONCE = 6;

for (const read of READS) {
  it(`D11 ${read}: many containers: one connection each at most, all known when the agent is ready`, async t => {
    const rig = await dockerRig(t, { read });
    if (rig === undefined) return;
    const { engine, proxy, receiver } = rig;
    const names = Array.from({ length: CONTAINERS }, (_, n) => `c${n}`);
    await eachOf(names, STARTED_AT_ONCE, async name => {
      await engine.run({ name, script: `echo hello from ${name}; sleep 1000` });
    });
    const agent = await rig.startAgent();
    assert.equal(await sumOf(agent, 'containers_watched'), CONTAINERS);
    await receiver.until(stats => stats.lines >= CONTAINERS);
    const lines = (await keptBy(receiver)).map(({ line }) => line);
    assert.deepEqual(lines.toSorted(), names.map(name => `hello from ${name}`).toSorted());
    const logs = proxy.requests().filter(request => request.includes('/logs?'));
    assert.equal(logs.length, read === 'api' ? CONTAINERS : 0);
    assert.equal(new Set(logs).size, logs.length);
    assert.equal(await agent.stop(), 0);
  });

  it(`D9 ${read}: a container whose log always fails is left alone for a while, and the others are not`, async t => {
    const rig = await dockerRig(t, { read });
    if (rig === undefined) return;
    const { engine, proxy, receiver } = rig;
    const [bad, good] = [await engine.run({ name: 'bad' }), await engine.run({ name: 'good' })];
    proxy.fail(new RegExp(`${bad.id}/logs`));
    await bad.append(10);
    // What stands there instead can be opened, but not read.
    await rename(await logPath(bad), `${await logPath(bad)}.aside`);
    await mkdir(await logPath(bad));
    const agent = await rig.startAgent();
    // The sixth try in a row is the last for half a minute; the first three were of its file, where that may be read.
    const tries = read === 'api' ? 6 : 3;
    await until(
      async () => proxy.failed,
      failed => failed >= tries,
    );
    for (let n = 0; n < 10; n++) {
      await good.append(100);
      await receiver.until(stats => stats.lines >= good.lines);
    }
    assert.equal(proxy.failed, tries);
    const report = (await containersOf(agent)).find(({ name }) => name === 'bad');
    assert.equal(report?.follower?.state, 'retrying');
    assert.match(report?.follower?.failure ?? '', /cut|reset|EPIPE/i);
    const { status, reason } = (await agent.health()).components.docker_monitor!;
    assert.equal(status, 'degraded');
    assert.match(reason ?? '', /^bad \([0-9a-f]{12}\): /);
    await assertArrived(receiver, [good]);
    assert.equal(await agent.stop(), 0);
  });

  it(`D10 ${read}: an agent in a container ships what the others print, and never its own log`, async t => {
    const rig = await dockerRig(t, { read });
    if (rig === undefined) return;
    const { engine, receiver } = rig;
    const other = await engine.run({ name: 'other' });
    const dir = await rig.scope.folder();
    const config = {
      ...containersToLoki(engine.socket, receiver.url, { read }),
      ...{ state_dir: join(dir, 'state'), log: { level: 'debug' }, server: { enabled: false } },
    };
    await writeFile(join(dir, 'config.yaml'), stringify(config));
    const command = [process.execPath, MAIN, 'run', '--config', join(dir, 'config.yaml')].join(' ');
    const script = `exec chroot /host ${command}`;
    const self = await engine.run({
      name: 'self',
      script,
      binds: ['/:/host:ro', `${dir}:/host${dir}`],
      network: 'host',
    });
    await other.append(100);
    await assertArrived(receiver, [other]);
    const log = await engine.docker.getContainer(self.id).logs({ stdout: true, stderr: true });
    assert.match(log.toString(), /agent\.ready/);
    await self.stop();
    await assertArrived(receiver, [other]);
  });
}
