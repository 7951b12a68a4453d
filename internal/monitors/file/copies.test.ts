import assert from 'node:assert/strict';
import { appendFile, copyFile, rm, truncate, writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { ManualClock } from '../../../pkg/clock/manual-clock.ts';
import { fileRig, numbered, numberedLines } from '../../../test/helpers/file-monitor-rig.ts';

describe('copies (F2)', () => {
  it('that match are not read again, however often they are made', async t => {
    const { path, publisher, start } = await fileRig(t, { paths: ['app.log*'] });
    await writeFile(path('app.log'), '');
    await start();
    for (let i = 0; i < 10; i++) {
      await appendFile(path('app.log'), numbered(i * 10, i * 10 + 10));
      await publisher.untilRecords(i * 10 + 10);
      await copyFile(path('app.log'), path(`app.log.${i}`));
      await truncate(path('app.log'));
    }
    await appendFile(path('app.log'), 'last\n');
    await publisher.untilRecords(101);
    assert.deepEqual(publisher.lines, [...numberedLines(0, 100), 'last']);
  });

  it('give what was not read of a file before it was truncated, matching or not, in order', async t => {
    for (const paths of [['app.log'], ['app.log*']]) {
      const rig = await fileRig(t, { paths });
      await writeFile(rig.path('app.log'), numbered(0, 100));
      await rig.start();
      await rig.publisher.untilRecords(100);
      await rig.kill();
      await appendFile(rig.path('app.log'), numbered(100, 200));
      await copyFile(rig.path('app.log'), rig.path('app.log.1'));
      await truncate(rig.path('app.log'));
      await appendFile(rig.path('app.log'), numbered(200, 210));
      await rig.start();
      await rig.publisher.untilRecords(210);
      assert.deepEqual(rig.publisher.lines, numberedLines(0, 210));
      assert.ok(rig.publisher.records.every(({ labels }) => labels.filename === rig.path('app.log')));
    }
  });

  it('of what was written after a truncation that left no copy are found, too', async t => {
    const rig = await fileRig(t, { paths: ['app.log'] });
    await writeFile(rig.path('app.log'), numbered(0, 100));
    await rig.start();
    await rig.publisher.untilRecords(100);
    await rig.kill();
    await writeFile(rig.path('app.log'), numbered(100, 110));
    await copyFile(rig.path('app.log'), rig.path('app.log.1'));
    await writeFile(rig.path('app.log'), numbered(110, 130));
    await rig.start();
    await rig.publisher.untilRecords(130);
    assert.deepEqual(rig.publisher.lines, numberedLines(0, 130));
  });

  it('that were made while the agent was down are found although the file was left empty', async t => {
    const clock = new ManualClock();
    const rig = await fileRig(t, { paths: ['app.log'], watch: 'poll' }, { clock });
    const [path, copy] = [rig.path('app.log'), rig.path('app.log.1')];
    await writeFile(path, numbered(0, 10));
    await rig.start();
    while (rig.publisher.records.length < 10) await clock.advance(100);
    await copyFile(path, copy);
    await truncate(path);
    const isFollowed = (): boolean => rig.monitor.status().some(each => each.path === copy);
    while (!isFollowed()) await clock.advance(100);
    await rm(copy);
    while (isFollowed()) await clock.advance(1_000);
    await rig.kill();
    await appendFile(path, numbered(10, 20));
    await copyFile(path, copy);
    await truncate(path);
    await rig.start();
    while (rig.publisher.records.length < 20) await clock.advance(100);
    assert.deepEqual(rig.publisher.lines, numberedLines(0, 20));
  });

  it('of a file that is not truncated are not read either, and what is appended to them is', async t => {
    const clock = new ManualClock();
    const rig = await fileRig(t, { paths: ['app.log*'] }, { clock });
    const arrived = async (lines: number): Promise<void> => {
      while (rig.publisher.records.length < lines) await clock.advance(100);
    };
    await writeFile(rig.path('app.log'), numbered(0, 10));
    await rig.start();
    await arrived(10);
    await copyFile(rig.path('app.log'), rig.path('app.log.1'));
    await appendFile(rig.path('app.log'), numbered(10, 20));
    await arrived(20);
    for (let i = 0; i < 20; i++) await clock.advance(1000);
    await rig.kill();
    await appendFile(rig.path('app.log'), numbered(20, 30));
    await rig.start();
    await arrived(30);
    for (let i = 0; i < 20; i++) await clock.advance(1000);
    await appendFile(rig.path('app.log.1'), 'appended\n');
    await arrived(31);
    assert.deepEqual(rig.publisher.lines, [...numberedLines(0, 30), 'appended']);
  });

  it('are told from new files when they are still empty, also where the clock is not that of the file system', async t => {
    const clock = new ManualClock();
    const rig = await fileRig(t, { paths: ['*'] }, { clock });
    const arrived = async (lines: number): Promise<void> => {
      while (rig.publisher.records.length < lines) await clock.advance(100);
    };
    await writeFile(rig.path('app.log'), numbered(0, 100));
    await rig.start();
    await arrived(100);
    // A copy begins as an empty file. Looks are taken one after the other: when the other file came this one was looked at.
    await writeFile(rig.path('app.log.1'), '');
    await writeFile(rig.path('other'), 'other\n');
    await arrived(101);
    await copyFile(rig.path('app.log'), rig.path('app.log.1'));
    await truncate(rig.path('app.log'));
    await appendFile(rig.path('app.log'), numbered(100, 110));
    await arrived(111);
    await clock.advance(60_000);
    assert.deepEqual(
      rig.publisher.lines.filter(line => line !== 'other'),
      numberedLines(0, 110),
    );
  });

  it('are told from other files that begin like them', async t => {
    const { path, publisher, start } = await fileRig(t, { paths: ['app.log*'] });
    const banner = 'the same banner\n'.repeat(300);
    await writeFile(path('app.log'), `${banner}one\n`);
    await start();
    await publisher.untilRecords(301);
    await writeFile(path('app.log.1'), `${banner}two\n`);
    await publisher.untilRecords(602);
    assert.deepEqual(
      publisher.lines.filter(line => line.length === 3),
      ['one', 'two'],
    );
  });
});
