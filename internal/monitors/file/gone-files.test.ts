import assert from 'node:assert/strict';
import {
  appendFile,
  copyFile,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ManualClock } from '../../../pkg/clock/manual-clock.ts';
import { fileRig, numbered, numberedLines } from '../../../test/helpers/file-monitor-rig.ts';

describe('files that are gone', () => {
  it('are read on when they come back, and not again', async t => {
    const clock = new ManualClock();
    const rig = await fileRig(t, { paths: ['app.log'] }, { clock });
    await writeFile(rig.path('app.log'), numbered(0, 10));
    await rig.start();
    while (rig.publisher.records.length < 10) await clock.advance(100);
    await rename(rig.path('app.log'), rig.path('old'));
    while (rig.monitor.status().length > 0) await clock.advance(1_000);
    await appendFile(rig.path('old'), numbered(10, 20));
    await rename(rig.path('old'), rig.path('app.log'));
    while (rig.publisher.records.length < 20) await clock.advance(100);
    assert.deepEqual(rig.publisher.lines, numberedLines(0, 20));
  });

  it('and were truncated before they were renamed give what was written since', async t => {
    const rig = await fileRig(t, { paths: ['app.log'] });
    await writeFile(rig.path('app.log'), numbered(0, 100));
    await rig.start();
    await rig.publisher.untilRecords(100);
    await rig.kill();
    await writeFile(rig.path('app.log'), numbered(100, 110));
    await rename(rig.path('app.log'), rig.path('app.log.1'));
    await writeFile(rig.path('app.log'), numbered(110, 120));
    await rig.start();
    await rig.publisher.untilRecords(120);
    assert.deepEqual(rig.publisher.lines, numberedLines(0, 120));
    assert.ok(rig.publisher.records.every(({ labels }) => labels.filename === rig.path('app.log')));
  });

  it('that were compressed a moment ago come before what is in the file now', async t => {
    const clock = new ManualClock(Date.now());
    const rig = await fileRig(t, { paths: ['app.log*'], compressed: 'read', watch: 'poll' }, { clock });
    const arrived = async (lines: number): Promise<void> => {
      // In small steps, so that what was made a moment ago still is when it is looked at.
      while (rig.publisher.records.length < lines) await clock.advance(5);
    };
    const [path, newest, older] = ['app.log', 'app.log.1', 'app.log.2'].map(name => rig.path(name)) as [
      string,
      string,
      string,
    ];
    await writeFile(path, numbered(0, 10));
    await rig.start();
    await arrived(10);
    // Its copies are younger than it is, as far as the file system can tell.
    await new Promise(resolve => setTimeout(resolve, 20));
    // Nobody looks until the clock moves.
    await copyFile(path, newest);
    await truncate(path);
    await appendFile(path, numbered(10, 30));
    await rename(newest, older);
    await copyFile(path, newest);
    await truncate(path);
    await appendFile(path, numbered(30, 60));
    await writeFile(`${newest}.gz`, gzipSync(await readFile(newest)));
    await rm(newest);
    await arrived(60);
    assert.deepEqual(rig.publisher.lines, numberedLines(0, 60));
  });

  for (const isCompressed of [false, true]) {
    it(`and were truncated, renamed${isCompressed ? ' and compressed' : ''} before anyone looked give every line, in order`, async t => {
      const clock = new ManualClock(Date.now());
      const rig = await fileRig(t, { paths: ['app.log'], compressed: 'read', watch: 'poll' }, { clock });
      const [path, copy, renamed] = ['app.log', 'app.log.0', 'app.log.1'].map(name => rig.path(name)) as [
        string,
        string,
        string,
      ];
      await writeFile(path, numbered(0, 10));
      await rig.start();
      while (rig.publisher.records.length < 10) await clock.advance(100);
      // Nobody looks until the clock moves.
      await appendFile(path, numbered(10, 20));
      await copyFile(path, copy);
      await truncate(path);
      await appendFile(path, numbered(20, 50));
      await rename(path, renamed);
      // The next one is younger, as far as the file system can tell.
      await new Promise(resolve => setTimeout(resolve, 20));
      await writeFile(path, numbered(50, 60));
      if (isCompressed) {
        const { atime, mtime } = await stat(renamed);
        await writeFile(`${renamed}.gz`, gzipSync(await readFile(renamed)));
        await utimes(`${renamed}.gz`, atime, mtime);
        await rm(renamed);
      }
      await rename(path, rig.path('app.log.2'));
      await writeFile(path, numbered(60, 70));
      while (rig.publisher.records.length < 70) await clock.advance(100);
      assert.deepEqual(rig.publisher.lines, numberedLines(0, 70));
    });
  }

  it('before they were ever seen are found although nothing took their place', async t => {
    const rig = await fileRig(t, { paths: ['app.log'] });
    await writeFile(rig.path('app.log'), numbered(0, 10));
    await rig.start();
    await rig.publisher.untilRecords(10);
    await rig.kill();
    await rm(rig.path('app.log'));
    await writeFile(rig.path('app.log'), numbered(10, 20));
    await rename(rig.path('app.log'), rig.path('app.log.1'));
    await rig.start();
    await rig.publisher.untilRecords(20);
    assert.deepEqual(rig.publisher.lines, numberedLines(0, 20));
  });

  it('before they were ever seen are found under the name that rotation gave them (F1)', async t => {
    const rig = await fileRig(t, { paths: ['app.log'] });
    await rig.start();
    // Renamed later than it was born, as far as the file system can tell.
    await writeFile(rig.path('new'), numbered(0, 10));
    await new Promise(resolve => setTimeout(resolve, 20));
    await rename(rig.path('new'), rig.path('app.log'));
    await rename(rig.path('app.log'), rig.path('app.log.1'));
    await rig.publisher.untilRecords(10);
    assert.deepEqual(rig.publisher.lines, numberedLines(0, 10));
    assert.equal(rig.publisher.records[0]!.labels.filename, rig.path('app.log'));
  });
});
