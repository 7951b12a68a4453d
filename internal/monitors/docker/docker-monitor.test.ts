import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '../../../pkg/clock/manual-clock.ts';
import { dockerMonitorRig } from '../../../test/helpers/docker-monitor-rig.ts';
import { FakeDockerEngine } from '../../../test/helpers/fake-docker-engine.ts';
import { scopeOf } from '../../../test/helpers/scope.ts';
import { serverTls, tlsFile } from '../../../test/helpers/tls-files.ts';
import { until } from '../../../test/helpers/until.ts';

describe('DockerMonitor', () => {
  it('reads what is there and what comes, in containers that are there and that come', async t => {
    const { engine, publisher, monitor } = await dockerMonitorRig(t);
    const first = engine.add('first');
    engine.print(first, 'one', 'two');
    await monitor.start();
    await publisher.untilRecords(2);
    const second = engine.add('second');
    engine.print(second, 'three');
    engine.print(first, 'four');
    await publisher.untilRecords(4);
    assert.deepEqual(publisher.lines.toSorted(), ['four', 'one', 'three', 'two']);
    assert.deepEqual(publisher.records[0]!.labels.container_name, 'first');
    assert.deepEqual(publisher.records[0]!.time, { sec: 1_700_000_000, nanos: 5 });
  });

  it('repeats nothing when the engine ends or cuts a log again and again', async t => {
    const { engine, publisher, monitor } = await dockerMonitorRig(t);
    const app = engine.add('app');
    await monitor.start();
    for (let n = 1; n <= 6; n++) {
      engine.print(app, `line ${n}`);
      await publisher.untilRecords(n);
      engine.endLogs(n % 2 === 0);
    }
    assert.deepEqual(
      publisher.lines,
      [1, 2, 3, 4, 5, 6].map(n => `line ${n}`),
    );
  });

  it('leaves out a line that an engine sends twice as it rotates a log, which says nothing of it meanwhile', async t => {
    const { engine, publisher, monitor } = await dockerMonitorRig(t);
    const app = engine.add('app');
    await monitor.start();
    engine.print(app, 'one');
    await publisher.untilRecords(1);
    let refusals = 0;
    app.answer = response => {
      if (++refusals === 3) delete app.answer;
      response.writeHead(500).end('{"message":"no such file"}');
    };
    engine.repeat(app);
    engine.print(app, 'two');
    await publisher.untilRecords(2);
    engine.repeat(app);
    engine.print(app, 'three');
    await publisher.untilRecords(3);
    assert.deepEqual(publisher.lines, ['one', 'two', 'three']);
    assert.equal(refusals, 3);
  });

  it('notices again and again that a log hangs, and asks for it anew', async t => {
    const clock = new ManualClock();
    const { engine, publisher, monitor } = await dockerMonitorRig(t, {}, clock);
    const app = engine.add('app');
    engine.print(app, 'line 0');
    await monitor.start();
    for (let n = 1; n < 4; n++) {
      await until(
        async () => {
          await clock.advance(1000);
          return publisher.records.length;
        },
        records => records >= n,
      );
      engine.hide(app, `line ${n}`);
    }
    assert.deepEqual(publisher.lines, ['line 0', 'line 1', 'line 2']);
    assert.ok(engine.requests.some(path => path.includes('tail=1&since=1700000000.')));
  });

  it('reads what an engine left out when it rotated a log, up to 20.10', async t => {
    const clock = new ManualClock();
    const { engine, publisher, monitor } = await dockerMonitorRig(t, {}, clock);
    engine.apiVersion = '1.41';
    const app = engine.add('app', { logOptions: { 'max-size': '10m' } });
    await monitor.start();
    await until(
      async () => engine.requests.some(path => path.includes('follow=1')),
      isFollowed => isFollowed,
    );
    // What comes now was logged a while ago.
    await clock.advance(60_000);
    const untilRecords = (count: number): Promise<number> =>
      until(
        async () => {
          await clock.advance(1000);
          return publisher.records.length;
        },
        records => records >= count,
      );
    engine.print(app, 'one', 'two');
    await untilRecords(2);
    engine.hide(app, 'three');
    engine.print(app, 'four');
    await untilRecords(4);
    assert.deepEqual(publisher.lines, ['one', 'two', 'three', 'four']);
  });

  it('asks for all of a compressed log, for an engine up to 20.10 leaves out files else, and repeats nothing', async t => {
    const { engine, publisher, monitor } = await dockerMonitorRig(t, { startAt: 'end' });
    engine.apiVersion = '1.41';
    const old = engine.add('old', { logOptions: { compress: 'true' } });
    engine.print(old, 'before');
    await monitor.start();
    const app = engine.add('app', { logOptions: { compress: 'true' } });
    for (let n = 1; n <= 4; n++) {
      engine.print(app, `line ${n}`);
      await publisher.untilRecords(n);
      engine.endLogs();
    }
    assert.deepEqual(publisher.lines, ['line 1', 'line 2', 'line 3', 'line 4']);
    const follows = engine.requests.filter(path => path.includes('follow=1'));
    assert.ok(follows.length > 2 && follows.every(path => path.includes('follow=1&since=0')));
  });

  it('begins behind what containers have printed where the config says so, but not in later ones', async t => {
    const { engine, publisher, monitor } = await dockerMonitorRig(t, { startAt: 'end' });
    engine.print(engine.add('old'), 'before');
    await monitor.start();
    engine.print(engine.add('new'), 'after');
    await publisher.untilRecords(1);
    assert.deepEqual(publisher.lines, ['after']);
  });

  it('forgets a container that is gone, once all of it is settled', async t => {
    const { engine, publisher, positions, monitor } = await dockerMonitorRig(t);
    const app = engine.add('app');
    engine.print(app, 'hello');
    await monitor.start();
    await publisher.untilRecords(1);
    assert.equal(positions.tracks('docker').length, 1);
    engine.containers.clear();
    engine.endLogs();
    engine.tell(app, 'destroy');
    await until(
      async () => monitor.status().length,
      count => count === 0,
    );
    await until(
      async () => positions.tracks('docker').length,
      count => count === 0,
    );
  });

  it('speaks TLS', async t => {
    const scope = scopeOf(t);
    const engine = new FakeDockerEngine(serverTls());
    const port = await engine.listenAtPort(scope);
    const none = { cert: undefined, key: undefined, serverName: undefined };
    const tls = { ...none, ca: tlsFile('authority.pem'), insecureSkipVerify: false };
    const { publisher, monitor } = await dockerMonitorRig(t, { host: `tcp://127.0.0.1:${port}`, tls });
    engine.print(engine.add('app'), 'hello');
    await monitor.start();
    await publisher.untilRecords(1);
    assert.deepEqual(publisher.lines, ['hello']);
  });
});
