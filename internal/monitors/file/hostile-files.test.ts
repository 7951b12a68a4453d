import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFile,
  chmod,
  mkdir,
  open,
  readdir,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ManualClock } from '../../../pkg/clock/manual-clock.ts';
import { fileRig, numbered } from '../../../test/helpers/file-monitor-rig.ts';
import { RecordingLogger } from '../../../test/helpers/recording-logger.ts';

const KIB = 1024;

/** How many descriptors of this process lead into `folder`. */
async function openIn(folder: string): Promise<number> {
  const links = await readdir('/proc/self/fd');
  const targets = await Promise.all(links.map(fd => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
  return targets.filter(target => target.startsWith(folder)).length;
}

describe('FileMonitor and hostile files', () => {
  it('never reads folders, FIFOs, sockets, devices, or what belongs to the agent', async t => {
    const ownPaths: string[] = [];
    const rig = await fileRig(t, { paths: ['**/*.log'] }, { ownPaths });
    ownPaths.push(rig.path('state'), rig.path('agent.log'));
    await mkdir(rig.path('folder.log'));
    await mkdir(rig.path('state'));
    await writeFile(rig.path('state/journal.log'), 'own\n');
    await writeFile(rig.path('agent.log'), 'own\n');
    await writeFile(rig.path('packed.log'), 'text\n');
    await writeFile(rig.path('folder.log/inner.log'), 'inner\n');
    execFileSync('mkfifo', [rig.path('fifo.log')]);
    await symlink('/dev/zero', rig.path('zero.log'));
    await rig.start();
    await rig.publisher.untilRecords(2);
    await appendFile(rig.path('agent.log'), 'own\n');
    await rm(rig.path('packed.log'));
    execFileSync('mkfifo', [rig.path('packed.log')]);
    await writeFile(rig.path('last.log'), 'last\n');
    await rig.publisher.untilRecords(3);
    assert.deepEqual(rig.publisher.lines.sort(), ['inner', 'last', 'text']);
  });

  it('reports a file that cannot be read once, and reads it when it can be (F12)', async t => {
    const logger = new RecordingLogger();
    const clock = new ManualClock();
    const { folder, path, publisher, start } = await fileRig(t, {}, { logger, clock });
    await writeFile(path('a.log'), 'secret\n', { mode: 0o600 });
    await chmod(folder, 0o755);
    await chmod(path('a.log'), 0);
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    try {
      await start();
      while (logger.count('file.unreadable') === 0) await clock.advance(1000);
      for (let i = 0; i < 20; i++) await clock.advance(1000);
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
    assert.equal(logger.count('file.unreadable'), 1);
    assert.equal(publisher.records.length, 0);
    await chmod(path('a.log'), 0o644);
    while (publisher.records.length === 0) await clock.advance(100);
    assert.deepEqual(publisher.lines, ['secret']);
  });

  it('gives up a deleted file that cannot be read any more, and is well again', async t => {
    const logger = new RecordingLogger();
    const clock = new ManualClock();
    const rig = await fileRig(t, {}, { logger, clock });
    await writeFile(rig.path('a.log'), 'one\n');
    await rig.start();
    while (rig.publisher.records.length < 1) await clock.advance(100);
    const handle = await open(rig.path('a.log'), 'a');
    // As on a share whose server knows the file no more.
    const broken = Object.assign(new Error('ESTALE: stale file handle, read'), {
      code: 'ESTALE',
      syscall: 'read',
    });
    const read = t.mock.method(Object.getPrototypeOf(handle), 'read', () => Promise.reject(broken));
    await handle.write('two\n');
    await handle.close();
    while (rig.monitor.health().status === 'ok') await clock.advance(100);
    await rm(rig.path('a.log'));
    for (let i = 0; i < 50; i++) await clock.advance(1000);
    assert.equal(rig.monitor.health().status, 'degraded');
    while (rig.monitor.health().status !== 'ok') await clock.advance(1000);
    assert.deepEqual(logger.count('file.given_up'), 1);
    read.mock.restore();
  });

  it('treats lines of every length as configured and is never stuck (F9)', async t => {
    const maxLineBytes = 256 * KIB;
    const lengths = [0, 1, 16 * KIB, maxLineBytes - 1, maxLineBytes, maxLineBytes + 1, 10 * KIB * KIB, 3];
    const text = lengths.map((length, i) => `${String(i).repeat(length)}\n`).join('');
    const pieces = (length: number): number[] => [
      ...new Array<number>(Math.floor(length / maxLineBytes)).fill(maxLineBytes),
      ...(length % maxLineBytes > 0 || length === 0 ? [length % maxLineBytes] : []),
    ];
    const expected = {
      truncate: lengths.map(length => Math.min(length, maxLineBytes)),
      split: lengths.flatMap(pieces),
      drop: lengths.filter(length => length <= maxLineBytes),
    };
    for (const longLine of ['truncate', 'split', 'drop'] as const) {
      const rig = await fileRig(t, { longLine });
      await writeFile(rig.path('a.log'), text);
      await rig.start();
      await rig.publisher.until(() => rig.publisher.lines.at(-1) === '777');
      assert.deepEqual(
        rig.publisher.lines.map(line => line.length),
        expected[longLine],
      );
      await rig.kill();
      await rig.start();
      assert.equal(rig.publisher.records.length, expected[longLine].length);
    }
  });

  it('sends a line in a small file while a big one is read (F17)', async t => {
    const { path, publisher, start } = await fileRig(t);
    const bigLines = 1_000_000;
    await writeFile(path('big.log'), numbered(0, bigLines));
    for (let i = 0; i < 100; i++) await writeFile(path(`small-${i}.log`), `small ${i}\n`);
    await start();
    let looked = 0;
    let small = 0;
    await publisher.until(() => {
      for (; looked < publisher.records.length; looked++) {
        if (publisher.records[looked]!.text.startsWith('small')) small++;
      }
      return small === 100;
    });
    assert.ok(publisher.records.length < bigLines / 2, `${publisher.records.length} records came first`);
  });

  it('holds no descriptor and no timer while nothing happens, and wakes by an event (I8)', async t => {
    const clock = new ManualClock();
    const { folder, path, publisher, start } = await fileRig(t, {}, { clock });
    for (let i = 0; i < 50; i++) await writeFile(path(`${i}.log`), 'text\n');
    await start();
    while (publisher.records.length < 50) await clock.advance(10);
    await clock.advance(30_000);
    while ((await openIn(folder)) > 0) await clock.advance(1000);
    assert.equal(clock.armed, 0);
    await appendFile(path('7.log'), 'awake\n');
    await publisher.untilRecords(51);
    assert.equal(publisher.lines.at(-1), 'awake');
  });

  it('never has more than one chunk in hand, and stops although the queue is full', async t => {
    const rig = await fileRig(t);
    await writeFile(rig.path('a.log'), numbered(0, 200_000));
    rig.publisher.block();
    await rig.start();
    await rig.publisher.until(() => rig.publisher.waiting > 0);
    const stopped = rig.monitor.stop();
    rig.publisher.open();
    await stopped;
    assert.equal(rig.publisher.chunks, 1);
  });

  it('sends again exactly what was under way, whatever was settled, in files side by side', async t => {
    const rig = await fileRig(t);
    rig.publisher.settles = false;
    for (const name of ['a', 'b', 'c']) await writeFile(rig.path(`${name}.log`), numbered(0, 50_000));
    await rig.start();
    await rig.publisher.untilRecords(150_000);
    rig.publisher.settle(5);
    const key = ({ text, time, labels }: (typeof rig.publisher.records)[0]): string =>
      `${labels.filename} ${time.sec}.${time.nanos} ${text}`;
    const before = new Set(rig.publisher.records.map(key));
    await rig.kill();
    rig.publisher.records.length = 0;
    await appendFile(rig.path('b.log'), 'end\n');
    await rig.start();
    await rig.publisher.until(() => rig.publisher.lines.at(-1) === 'end');
    await rig.monitor.stop();
    const again = rig.publisher.records.filter(({ text }) => text !== 'end');
    assert.ok(again.length > 0 && again.length < 150_000);
    assert.ok(again.every(record => before.has(key(record))));
  });

  it('says of each file where it is and what it waits for', async t => {
    const clock = new ManualClock();
    const rig = await fileRig(t, {}, { clock });
    await writeFile(rig.path('a.log'), 'line\npart');
    await rig.start();
    while (rig.publisher.records.length < 1) await clock.advance(10);
    while (rig.monitor.status()[0]!.waitsFor !== 'an event') await clock.advance(1000);
    const { identity, ...status } = rig.monitor.status()[0]!;
    assert.match(identity, /^\d+:\d+$/);
    assert.deepEqual(status, {
      source: 'test',
      path: join(rig.folder, 'a.log'),
      offset: 5,
      settledOffset: 5,
      sizeBytes: 9,
      lagBytes: 4,
      failure: undefined,
      waitsFor: 'an event',
    });
    assert.equal(rig.monitor.health().status, 'ok');
  });

  it('explains what it makes of a path, also before it starts', async t => {
    const rig = await fileRig(t, { exclude: ['debug-*'] });
    await writeFile(rig.path('a.log'), 'line\n');
    const rules = (name: string): unknown => rig.monitor.explain(rig.path(name));
    const excluded = [
      { source: 'test', isMatched: false, rule: 'exclude: debug-*', file: undefined, labels: [] },
    ];
    assert.deepEqual(rules('debug-1.log'), excluded);
    await rig.start();
    await rig.publisher.untilRecords(1);
    assert.deepEqual(rules('debug-1.log'), excluded);
    const [report] = rig.monitor.explain(rig.path('a.log'));
    assert.deepEqual([report!.isMatched, report!.rule], [true, rig.path('*.log')]);
    assert.equal(report!.file!.offset, 5);
    assert.deepEqual(report!.labels, [{ filename: rig.path('a.log') }]);
    await rename(rig.path('a.log'), rig.path('a.old'));
    while (rig.monitor.explain(rig.path('a.old'))[0]!.file === undefined) await new Promise(setImmediate);
  });
});
