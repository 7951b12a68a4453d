import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CollectingPublisher } from '../helpers/collecting-publisher.ts';
import { MemoryPositions } from '../helpers/memory-positions.ts';
import { Scope } from '../helpers/scope.ts';
import { until } from '../helpers/until.ts';
import { type MonitorWorld, Reader } from './monitor-world.ts';

/** Names that anybody may choose. */
const HOSTILE_NAMES = ['a b', '"quoted"', '{curly}', '$HOME', '*', '[a-z]', 'ünï', '%2e%2e', 'x'.repeat(200)];

type Check = (title: string, test: (world: MonitorWorld, reader: Reader) => Promise<void>) => void;

/** The suite that every monitor passes: what the dispatcher and the positions rely on, whatever is read. */
export function monitorContract(name: string, open: (scope: Scope) => Promise<MonitorWorld>): void {
  const check: Check = (title, test) => {
    it(title, { timeout: 20_000 }, async () => {
      const scope = new Scope();
      const world = await open(scope);
      const reader = new Reader(world);
      try {
        await test(world, reader);
      } finally {
        reader.publisher.open();
        await reader.monitor.close();
        await scope.close();
      }
    });
  };
  describe(`${name}: lines`, () => lineContract(check));
  describe(`${name}: positions`, () => positionContract(check));
  describe(`${name}: backpressure and end`, () => endContract(check));
  describe(`${name}: health`, () => healthContract(check));
}

function lineContract(check: Check): void {
  check('gives lines once and in order: those that are there, and those that come', async (world, reader) => {
    const { publisher, monitor } = reader;
    const one = await world.add('one');
    await one.write(...numbered('one', 0, 100));
    await monitor.start();
    const two = await world.add('two');
    for (let n = 100; n < 1000; n += 100) {
      await one.write(...numbered('one', n, n + 100));
      await two.write(...numbered('two', n - 100, n));
    }
    await publisher.untilRecords(1900);
    assert.deepEqual(linesOf(world, reader, 'one'), numbered('one', 0, 1000));
    assert.deepEqual(linesOf(world, reader, 'two'), numbered('two', 0, 900));
  });

  check('gives any text as it is', async (world, { publisher, monitor }) => {
    const texts = [
      '',
      ' ',
      '"',
      '\\',
      '\\n',
      '\t\u0000\u001b[0m',
      'größe 🙂',
      '{"log":"x"}',
      'x'.repeat(100_000),
    ];
    await (await world.add('one')).write(...texts);
    await monitor.start();
    await publisher.untilRecords(texts.length);
    assert.deepEqual(publisher.lines, texts);
  });

  check('reads what has a strange name like all else', async (world, reader) => {
    for (const name of HOSTILE_NAMES) await (await world.add(name)).write('hello');
    await reader.monitor.start();
    await reader.publisher.untilRecords(HOSTILE_NAMES.length);
    for (const name of HOSTILE_NAMES) assert.deepEqual(linesOf(world, reader, name), ['hello'], name);
  });
}

function positionContract(check: Check): void {
  check(
    'goes on where everything was settled, and gives the rest again with its times',
    async (world, reader) => {
      const { publisher } = reader;
      const source = await world.add('one');
      await reader.monitor.start();
      for (let n = 0; n < 300; n += 100) {
        publisher.settles = n === 0;
        await source.write(...numbered('one', n, n + 100));
        await publisher.untilRecords(n + 100);
      }
      await reader.killAndRestart();
      await publisher.untilRecords(500);
      assert.deepEqual(publisher.lines, [...numbered('one', 0, 300), ...numbered('one', 100, 300)]);
      const times = publisher.records.map(({ time }) => time);
      assert.deepEqual(times.slice(300), times.slice(100, 300));
    },
  );

  check('goes on behind the last line after it was stopped, however often', async (world, reader) => {
    const source = await world.add('one');
    await reader.monitor.start();
    for (let n = 0; n < 5; n++) {
      await source.write(...numbered('one', n * 10, n * 10 + 5));
      await reader.publisher.untilRecords(n * 10 + 5);
      await reader.monitor.close();
      await source.write(...numbered('one', n * 10 + 5, n * 10 + 10));
      await reader.startOn(reader.positions.restarted());
      await reader.publisher.untilRecords(n * 10 + 10);
    }
    assert.deepEqual(reader.publisher.lines, numbered('one', 0, 50));
  });

  check('settles nothing by itself', async (world, reader) => {
    reader.publisher.settles = false;
    const source = await world.add('one');
    await reader.monitor.start();
    await source.write('one');
    await reader.publisher.untilRecords(1);
    await source.write('two');
    await reader.publisher.untilRecords(2);
    await reader.killAndRestart();
    await reader.publisher.untilRecords(4);
    assert.deepEqual(reader.publisher.lines, ['one', 'two', 'one', 'two']);
  });

  check(
    'sends nothing that is not in the journal, and all of it when the disk has room again',
    async (world, reader) => {
      const { publisher, positions, monitor } = reader;
      const source = await world.add('one');
      await source.write('one');
      await monitor.start();
      await publisher.untilRecords(1);
      positions.isWritable = false;
      await source.write('two');
      await until(
        async () => positions.waiting,
        waiting => waiting > 0,
      );
      assert.deepEqual(publisher.lines, ['one']);
      positions.repair();
      await publisher.untilRecords(2);
      assert.deepEqual(publisher.lines, ['one', 'two']);
    },
  );
}

function endContract(check: Check): void {
  check('waits while nothing is taken, and goes on then', async (world, { publisher, monitor }) => {
    const source = await world.add('one');
    publisher.block();
    await monitor.start();
    for (let n = 0; n < 5000; n += 1000) await source.write(...numbered('one', n, n + 1000));
    await publisher.until(() => publisher.waiting > 0);
    // One chunk of a source waits, and no second one is offered.
    await new Promise(resolve => setTimeout(resolve, 100));
    assert.equal(publisher.waiting, 1);
    assert.equal(publisher.records.length, 0);
    publisher.open();
    await publisher.untilRecords(5000);
    assert.deepEqual(publisher.lines, numbered('one', 0, 5000));
  });

  check(
    'publishes nothing after it has stopped, also when it was stopped while it waited',
    async (world, reader) => {
      const { publisher, monitor } = reader;
      const source = await world.add('one');
      publisher.block();
      await monitor.start();
      await source.write(...numbered('one', 0, 10));
      await publisher.until(() => publisher.waiting > 0);
      const stopped = monitor.stop();
      publisher.open();
      await stopped;
      const { length } = publisher.records;
      await source.write(...numbered('one', 10, 20));
      await new Promise(resolve => setTimeout(resolve, 100));
      assert.equal(publisher.records.length, length);
      await reader.startOn(reader.positions.restarted());
      await publisher.untilRecords(20);
      assert.deepEqual(publisher.lines, numbered('one', 0, 20));
    },
  );

  check('can be stopped and closed before it was started, and more than once', async (world, { monitor }) => {
    const other = world.open(new MemoryPositions(), new CollectingPublisher());
    await other.close();
    await other.close();
    await world.add('one');
    await monitor.start();
    await Promise.all([monitor.stop(), monitor.close(), monitor.stop()]);
    await monitor.close();
    await monitor.stop();
  });
}

function healthContract(check: Check): void {
  check(
    'says why something cannot be read, and reads all else; then that all is well',
    async (world, reader) => {
      const { monitor, publisher } = reader;
      await monitor.start();
      assert.equal(monitor.health().status, 'ok');
      await world.obstruct();
      const { status } = await until(
        async () => monitor.health(),
        ({ reason }) => world.complaint.test(reason ?? ''),
      );
      assert.equal(status, 'degraded');
      await world.clear?.();
      await (await world.add('later')).write('hello');
      await publisher.untilRecords(1);
      if (world.clear === undefined) return;
      await until(
        async () => monitor.health().status,
        each => each === 'ok',
      );
      assert.equal(monitor.health().reason, undefined);
    },
  );
}

function numbered(name: string, from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => `${name} ${from + i}`);
}

/** What came of one source, in order of arrival. */
function linesOf({ nameLabel }: MonitorWorld, { publisher }: Reader, name: string): string[] {
  return publisher.records.filter(({ labels }) => labels[nameLabel]?.endsWith(name)).map(({ text }) => text);
}
