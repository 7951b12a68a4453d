import assert from 'node:assert/strict';
import { chmod } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { describe, it } from 'node:test';
import { dockerMonitorRig } from '../../../test/helpers/docker-monitor-rig.ts';
import { frameOf } from '../../../test/helpers/engine-log.ts';
import { until } from '../../../test/helpers/until.ts';

/** A million were tried by hand: JSON of 33 MB. */
const MANY = 100_000;

function html(status: number): (response: ServerResponse) => void {
  return response => void response.writeHead(status).end('<html><h1>Bad <b>gateway</b></h1></html>');
}

describe('Docker monitor: bad input', () => {
  it('says that an engine is too old, or not there, and that it is back', async t => {
    const { engine, publisher, monitor } = await dockerMonitorRig(t);
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
    const { monitor } = await dockerMonitorRig(t, { host: 'unix:///nowhere/docker.sock' });
    await monitor.start();
    assert.match(monitor.health().reason ?? '', /unix:\/\/\/nowhere\/docker\.sock: .*ENOENT/);
  });

  it('says what to do where it may not use the socket', async t => {
    const { host, monitor } = await dockerMonitorRig(t);
    await chmod(host.slice('unix://'.length), 0);
    // Root may use any.
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    try {
      await monitor.start();
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
    assert.match(monitor.health().reason ?? '', /engine\.sock: .*EACCES/);
  });

  it('leaves other containers alone when one makes no sense', async t => {
    const { engine, publisher, monitor } = await dockerMonitorRig(t);
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

  it('reads lines whose times make no sense, each once', async t => {
    const { engine, publisher, monitor } = await dockerMonitorRig(t);
    engine.add('app', {
      answer: response => {
        response.writeHead(200);
        for (const line of ['2026-02-31T00:00:00Z one\n', 'two\n', '9999999999 two\n', 'two\n']) {
          response.write(frameOf('stdout', line));
        }
      },
    });
    await monitor.start();
    await publisher.untilRecords(4);
    assert.deepEqual(publisher.lines, ['2026-02-31T00:00:00Z one', 'two', '9999999999 two', 'two']);
  });

  it('takes no notice of events that are none', async t => {
    const { engine, publisher, monitor } = await dockerMonitorRig(t);
    await monitor.start();
    for (const text of ['', 'no event', '{', '[]', 'null', '{"Actor":{"ID":7}}', '{"Actor":{"ID":"nobody"}}'])
      engine.tellText(`${text}\n`);
    engine.print(engine.add('app'), 'hello');
    await publisher.untilRecords(1);
    assert.equal(monitor.health().status, 'ok');
  });

  it('reads a container with any number of labels, and gives its lines a few of them', async t => {
    const { engine, publisher, monitor } = await dockerMonitorRig(t);
    const labels: Record<string, string> = {};
    for (let n = 0; n < MANY; n++) labels[`log_capturer.label.l${n}`] = 'x';
    engine.print(engine.add('much', { labels }), 'hello');
    engine.print(engine.add('app'), 'hello');
    await monitor.start();
    await publisher.untilRecords(2);
    for (const record of publisher.records) assert.ok(Object.keys(record.labels).length <= 32);
  });
});
