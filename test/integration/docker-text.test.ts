/** What containers print, and where engines keep it: D3, D6, log drivers, rotation, lines that share a nanosecond. */
import assert from 'node:assert/strict';
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { assertArrived, keptBy } from '../helpers/arrivals.ts';
import { logPath } from '../helpers/docker-engine.ts';
import { containersOf, dockerRig, READS, sumOf } from '../helpers/docker-rig.ts';
import { logLine } from '../helpers/log-lines.ts';
import { until } from '../helpers/until.ts';

const MIB = 1 << 20;

/** An entry of a json-file log. */
function entry(log: string, stream: string, time: string): string {
  return `${JSON.stringify({ log, stream, time })}\n`;
}

for (const read of READS) {
  it(`D3 ${read}: 10 000 lines of both outputs, all with one time, over connections that break`, async t => {
    const rig = await dockerRig(t, { read });
    if (rig === undefined) return;
    const { engine, proxy, receiver } = rig;
    const container = await engine.run({ name: 'app', script: 'true' });
    await container.wait();
    const time = '2026-11-21T11:35:45.054985884Z';
    let log = '';
    for (let n = 0; n < 10_000; n++)
      log += entry(`line ${n >> 2}\n`, n % 2 === 0 ? 'stdout' : 'stderr', time);
    await writeFile(await logPath(container), log);
    const agent = await rig.startAgent();
    for (let n = 1; n <= 5; n++) proxy.cutAfter(n * 50_000, /logs/);
    await receiver.until(stats => stats.lines >= 10_000);
    const kept = await keptBy(receiver);
    assert.equal(kept.length, 10_000);
    for (const stream of ['stdout', 'stderr']) {
      const lines = kept.filter(({ labels }) => labels.stream === stream).map(({ line }) => line);
      assert.deepEqual(
        lines,
        Array.from({ length: 5000 }, (_, n) => `line ${n >> 1}`),
      );
    }
    assert.equal((await receiver.stats()).duplicates, 0);
    assert.equal(await agent.stop(), 0);
  });

  it(`D4 ${read}: two equal lines in one nanosecond both survive reconnects and a restart`, async t => {
    const rig = await dockerRig(t, { read });
    if (rig === undefined) return;
    const { engine, receiver } = rig;
    const container = await engine.run({ name: 'app', script: 'true' });
    await container.wait();
    const twin = entry('twin\n', 'stdout', '2026-11-21T11:35:45.054985884Z');
    await writeFile(await logPath(container), twin);
    const agent = await rig.startAgent();
    await receiver.until(stats => stats.lines >= 1);
    assert.equal(await agent.stop(), 0);
    await appendFile(await logPath(container), twin);
    await container.start();
    await container.wait();
    const next = await rig.startAgent();
    await receiver.until(stats => stats.lines >= 2);
    assert.equal(await sumOf(next, 'logs_read_total'), 1);
    assert.equal(await next.stop(), 0);
    assert.deepEqual((await receiver.stats()).duplicates, 0);
  });

  it(`D6 ${read}: a line of 1 MiB between lines of the other output, byte for byte`, async t => {
    const rig = await dockerRig(t, { read });
    if (rig === undefined) return;
    const { engine, receiver } = rig;
    const container = await engine.run({ name: 'app' });
    const long = Array.from({ length: MIB / 16 }, (_, n) => n.toString(16).padStart(16, '-')).join('');
    const agent = await rig.startAgent();
    const printing = container.print(`${long}\n`);
    for (let n = 0; n < 50; n++) await container.printError(`short ${n}\n`);
    await printing;
    await receiver.until(stats => stats.lines >= 51);
    const kept = await keptBy(receiver);
    assert.equal(kept.find(({ labels }) => labels.stream === 'stdout')?.line, long);
    const short = kept.filter(({ labels }) => labels.stream === 'stderr').map(({ line }) => line);
    assert.deepEqual(
      short,
      Array.from({ length: 50 }, (_, n) => `short ${n}`),
    );
    assert.equal(await agent.stop(), 0);
  });

  it(`${read}: the drivers local and none beside json-file, whose log is rotated under load`, async t => {
    const rig = await dockerRig(t, { read });
    if (rig === undefined) return;
    const { engine, receiver } = rig;
    const logOptions = { 'max-size': '1m', 'max-file': '3' };
    const rotated = await engine.run({ name: 'rotated', logOptions });
    const local = await engine.run({ name: 'local', logDriver: 'local' });
    const mute = await engine.run({ name: 'mute', logDriver: 'none' });
    await mute.print('nobody hears this\n');
    const agent = await rig.startAgent();
    for (let n = 0; n < 40; n++) {
      // A quarter of a file at a time: nobody can read what an engine has thrown away.
      await rotated.append(1000);
      await local.append(100);
      await receiver.until(stats => stats.lines >= n * 1000);
    }
    await assertArrived(receiver, [rotated, local]);
    const isSaid = async (): Promise<boolean> =>
      (await containersOf(agent)).some(each => each.name === 'mute' && each.follower?.state === 'unreadable');
    await until(isSaid, Boolean);
    await agent.assertBalanced();
    assert.equal(await agent.stop(), 0);
  });

  it(`${read}: lines that belong together, as a label of their container says`, async t => {
    const rig = await dockerRig(t, { read });
    if (rig === undefined) return;
    const { engine, receiver } = rig;
    const labels = { 'log_capturer.multiline.start': '^\\S' };
    const container = await engine.run({ name: 'app', labels });
    const agent = await rig.startAgent();
    await container.print('one\n  of two\nthree\n');
    await container.printError('apart\n');
    await receiver.until(stats => stats.lines >= 3);
    const kept = (await keptBy(receiver)).map(({ line }) => line);
    assert.deepEqual(kept.toSorted(), ['apart', 'one\n  of two', 'three']);
    assert.equal(await agent.stop(), 0);
  });

  it(`${read}: a container at full speed, from a file of 50 000 lines`, async t => {
    const rig = await dockerRig(t, { read });
    if (rig === undefined) return;
    const { engine, receiver } = rig;
    const container = await engine.create({ name: 'app', script: 'cat /io/log' });
    container.lines = 50_000;
    const text = Array.from({ length: container.lines }, (_, n) => `${logLine('app', n)}\n`).join('');
    await writeFile(join(container.io, 'log'), text);
    const agent = await rig.startAgent();
    await container.start();
    await assertArrived(receiver, [container]);
    await agent.assertBalanced();
    assert.equal(await agent.stop(), 0);
  });
}
