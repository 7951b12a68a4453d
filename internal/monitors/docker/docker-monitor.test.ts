import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import { type Clock, systemClock } from '../../../pkg/clock/clock.ts';
import { ManualClock } from '../../../pkg/clock/manual-clock.ts';
import { StreamRegistry } from '../../../pkg/types/stream.ts';
import { CollectingPublisher } from '../../../test/helpers/collecting-publisher.ts';
import { engineConfig } from '../../../test/helpers/engine-context.ts';
import { FakeDockerEngine } from '../../../test/helpers/fake-docker-engine.ts';
import { MemoryPositions } from '../../../test/helpers/memory-positions.ts';
import { scopeOf } from '../../../test/helpers/scope.ts';
import { serverTls, tlsFile } from '../../../test/helpers/tls-files.ts';
import { until } from '../../../test/helpers/until.ts';
import { silentMetrics } from '../../metrics/metrics.ts';
import { silentLogger } from '../../selflog/logger.ts';
import { DockerMonitor } from './docker-monitor.ts';
import type { DockerEngineConfig } from './spec.ts';

interface Rig {
  readonly engine: FakeDockerEngine;
  readonly publisher: CollectingPublisher;
  readonly positions: MemoryPositions;
  readonly monitor: DockerMonitor;
}

/** A fake engine, and a monitor of it that has not been started. */
async function rigOf(
  t: TestContext,
  config: Partial<DockerEngineConfig> = {},
  clock: Clock = systemClock,
): Promise<Rig> {
  const scope = scopeOf(t);
  const engine = new FakeDockerEngine();
  const host = config.host ?? (await engine.listen(scope));
  const [publisher, positions] = [new CollectingPublisher(), new MemoryPositions()];
  const monitor = new DockerMonitor({
    ...{ positions, publisher, streams: new StreamRegistry(), clock, logger: silentLogger },
    ...{ metrics: silentMetrics, random: () => 0.01, ownIds: [] },
    engines: [engineConfig({ ...config, host })],
  });
  scope.after(() => monitor.close());
  return { engine, publisher, positions, monitor };
}

function html(status: number): (response: ServerResponse) => void {
  return response => void response.writeHead(status).end('<html><h1>Bad <b>gateway</b></h1></html>');
}

describe('DockerMonitor', () => {
  it('reads what is there and what comes, in containers that are there and that come', async t => {
    const { engine, publisher, monitor } = await rigOf(t);
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
    const { engine, publisher, monitor } = await rigOf(t);
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

  it('notices that a log hangs, and asks for it anew', async t => {
    const clock = new ManualClock();
    const { engine, publisher, monitor } = await rigOf(t, {}, clock);
    const app = engine.add('app');
    engine.print(app, 'one');
    await monitor.start();
    const untilRecords = (count: number) =>
      until(
        async () => {
          await clock.advance(1000);
          return publisher.records.length;
        },
        records => records >= count,
      );
    await untilRecords(1);
    engine.hide(app, 'two');
    await untilRecords(2);
    assert.deepEqual(publisher.lines, ['one', 'two']);
    assert.equal(engine.requests.filter(path => path.includes('tail=1')).length, 1);
  });

  it('says that an engine is too old, or not there, and that it is back', async t => {
    const { engine, publisher, monitor } = await rigOf(t);
    engine.apiVersion = '1.18';
    engine.print(engine.add('app'), 'hello');
    await monitor.start();
    assert.match(monitor.health().reason ?? '', /speaks version 1\.18 of the API/);
    engine.answer = html(502);
    await until(
      async () => monitor.health().reason ?? '',
      reason => /502 Bad gateway$/.test(reason),
    );
    engine.answer = undefined;
    engine.apiVersion = '1.52';
    engine.minApiVersion = '1.48';
    await publisher.untilRecords(1);
    assert.equal(monitor.health().status, 'ok');
    assert.ok(engine.requests.some(path => path.startsWith('/v1.48/')));
  });

  it('says what to do where there is no socket', async t => {
    const { monitor } = await rigOf(t, { host: 'unix:///nowhere/docker.sock' });
    await monitor.start();
    assert.match(monitor.health().reason ?? '', /unix:\/\/\/nowhere\/docker\.sock: .*ENOENT/);
  });

  it('leaves other containers alone when one makes no sense', async t => {
    const { engine, publisher, monitor } = await rigOf(t);
    engine.add('html', { answer: html(500) });
    engine.add('long frame', {
      answer: response =>
        void response.end(Buffer.from([1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, ...Buffer.alloc(64)])),
    });
    engine.add('mute', {
      answer: response =>
        void response.writeHead(501).end('{"message":"configured logging driver does not support reading"}'),
    });
    const good = engine.add('good', {
      labels: { huge: 'x'.repeat(100_000), 'log_capturer.multiline.start': '(' },
    });
    await monitor.start();
    engine.print(good, 'hello');
    await publisher.untilRecords(1);
    const stateOf = (name: string) => monitor.explain(name)[0]?.follower;
    await until(
      async () => stateOf('html')?.failure ?? '',
      failure => /500 Bad gateway$/.test(failure),
    );
    await until(
      async () => stateOf('long frame')?.failure ?? '',
      failure => /impossible/.test(failure),
    );
    await until(
      async () => stateOf('mute')?.state,
      state => state === 'unreadable',
    );
    assert.equal(stateOf('good')?.state, 'reading');
  });

  it('begins behind what containers have printed where the config says so, but not in later ones', async t => {
    const { engine, publisher, monitor } = await rigOf(t, { startAt: 'end' });
    engine.print(engine.add('old'), 'before');
    await monitor.start();
    engine.print(engine.add('new'), 'after');
    await publisher.untilRecords(1);
    assert.deepEqual(publisher.lines, ['after']);
  });

  it('forgets a container that is gone, once all of it is settled', async t => {
    const { engine, publisher, positions, monitor } = await rigOf(t);
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
    const { publisher, monitor } = await rigOf(t, { host: `tcp://127.0.0.1:${port}`, tls });
    engine.print(engine.add('app'), 'hello');
    await monitor.start();
    await publisher.untilRecords(1);
    assert.deepEqual(publisher.lines, ['hello']);
  });
});
