import assert from 'node:assert/strict';
import { appendFile, copyFile, open, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { ManualClock } from '../../../pkg/clock/manual-clock.ts';
import { fileRig, numbered, numberedLines } from '../../../test/helpers/file-monitor-rig.ts';
import { type FileMeta, type FilePosition, TIME_STEP_MS } from './identity.ts';

/** File systems count time in steps of some milliseconds: resolves when it is later than the last change of `path`. */
async function untilLater(path: string): Promise<void> {
  const { ctimeNs } = await stat(path, { bigint: true });
  for (let now = ctimeNs; now <= ctimeNs; ) {
    await writeFile(`${path}.probe`, 'x');
    now = (await stat(`${path}.probe`, { bigint: true })).mtimeNs;
  }
  await rm(`${path}.probe`);
}

describe('rotation', () => {
  it('by rename, 20 times under a writer: every line once, in order (F1)', async t => {
    for (const [pattern, rotations] of [
      ['app.log', 20],
      ['app.log*', 5],
    ] as const) {
      const { path, publisher, start } = await fileRig(t, { paths: [pattern] });
      await start();
      for (let i = 0; i < rotations; i++) {
        await appendFile(path('app.log'), numbered(i * 100, i * 100 + 50));
        await publisher.untilRecords(i * 100 + 1);
        const writer = await open(path('app.log'), 'a');
        await rename(path('app.log'), path(`app.log.${i}`));
        // As daemons do: the old file is written until they are told to open the new one.
        await writer.write(numbered(i * 100 + 50, i * 100 + 100));
        await writer.close();
      }
      await publisher.untilRecords(rotations * 100);
      assert.deepEqual(publisher.lines, numberedLines(0, rotations * 100));
      assert.ok(publisher.records.every(({ labels }) => labels.filename === path('app.log')));
    }
  });

  it('many times before anyone looks: what came and went unseen is found (F1)', async t => {
    const rig = await fileRig(t, { paths: ['app.log'] });
    const write = async (from: number): Promise<void> => {
      await appendFile(rig.path('app.log'), numbered(from, from + 10));
      await untilLater(rig.path('app.log'));
      await rename(rig.path('app.log'), rig.path(`app.log.${from}`));
      await untilLater(rig.path(`app.log.${from}`));
    };
    await writeFile(rig.path('app.log.5'), 'an archive that is older than the first file\n');
    await new Promise(resolve => setTimeout(resolve, 2 * TIME_STEP_MS));
    await writeFile(rig.path('app.log'), '');
    await rig.start();
    for (let i = 0; i < 5; i++) await write(i * 10);
    await writeFile(rig.path('app.log'), numbered(50, 60));
    await rig.publisher.untilRecords(60);
    await rig.kill();
    for (let i = 6; i < 10; i++) await write(i * 10);
    await writeFile(rig.path('app.log'), numbered(100, 110));
    await rig.start();
    await rig.publisher.untilRecords(110);
    assert.deepEqual(rig.publisher.lines, numberedLines(0, 110));
  });

  it('while the agent is down: the renamed file is read on, before the new one', async t => {
    for (const paths of [['app.log'], ['app.log*']]) {
      const rig = await fileRig(t, { paths });
      await writeFile(rig.path('app.log'), numbered(0, 10));
      await rig.start();
      await rig.publisher.untilRecords(10);
      await rig.kill();
      for (let i = 0; i < 3; i++) {
        await appendFile(rig.path('app.log'), numbered(10 + i * 10, 20 + i * 10));
        await rename(rig.path('app.log'), rig.path(`app.log.${i}`));
        await writeFile(rig.path('app.log'), '');
        if (i === 2) break;
        await rig.start();
        await rig.publisher.untilRecords(20 + i * 10);
        await rig.kill();
      }
      await appendFile(rig.path('app.log'), numbered(40, 50));
      await rig.start();
      await rig.publisher.untilRecords(50);
      assert.deepEqual(rig.publisher.lines, numberedLines(0, 50));
    }
  });

  it('reads a deleted file to its end, and sends its last line without newline (F8)', async t => {
    const clock = new ManualClock();
    const { path, publisher, monitor, start, positions } = await fileRig(t, {}, { clock });
    assert.ok(monitor);
    await writeFile(path('a.log'), 'one\ntwo');
    await start();
    await publisher.untilRecords(1);
    const writer = await open(path('a.log'), 'a');
    await rm(path('a.log'));
    await writer.write(' more\nend');
    await writer.close();
    while (publisher.records.length < 3) await clock.advance(1000);
    assert.deepEqual(publisher.lines, ['one', 'two more', 'end']);
    const isGone = (): boolean =>
      positions.tracks<FilePosition, FileMeta>('file').every(({ meta }) => meta.isGone === true);
    while (!isGone()) await clock.advance(10_000);
    await clock.advance(60_000);
    assert.equal(clock.armed, 0);
  });

  it('by copytruncate: what is written after the truncation is read from the start (F2)', async t => {
    const { path, publisher, start } = await fileRig(t);
    await writeFile(path('a.log'), '');
    await start();
    for (let i = 0; i < 20; i++) {
      await appendFile(path('a.log'), numbered(i * 10, i * 10 + 10));
      await publisher.untilRecords(i * 10 + 10);
      await copyFile(path('a.log'), path('a.log.1'));
      await truncate(path('a.log'));
    }
    assert.deepEqual(publisher.lines, numberedLines(0, 200));
  });

  it('notices a file that was truncated and grew past the position at once (F3)', async t => {
    const { path, publisher, start } = await fileRig(t);
    const banner = 'the same banner\n'.repeat(300);
    await writeFile(path('a.log'), banner + numbered(0, 10));
    await start();
    await publisher.untilRecords(310);
    await writeFile(path('a.log'), banner + numbered(10, 1000));
    await publisher.untilRecords(310 + 300 + 990);
    assert.deepEqual(publisher.lines.slice(610), numberedLines(10, 1000));
  });

  it('reads from the start what was deleted and created anew with the same inode (F4)', async t => {
    const rig = await fileRig(t);
    await writeFile(rig.path('a.log'), numbered(0, 100));
    await rig.start();
    await rig.publisher.untilRecords(100);
    for (const [from, to] of [
      [100, 110],
      [110, 1000],
    ] as const) {
      await rig.kill();
      const { ino } = await stat(rig.path('a.log'));
      // Whether a file system gives the inode again is up to it: another file in its place does not count.
      for (let i = 0; i < 50; i++) {
        await rm(rig.path('a.log'));
        await writeFile(rig.path('a.log'), numbered(from, to));
        if ((await stat(rig.path('a.log'))).ino === ino) break;
      }
      await rig.start();
      await rig.publisher.untilRecords(to);
    }
    assert.deepEqual(rig.publisher.lines, numberedLines(0, 1000));
  });

  it('keeps apart files with the same first 4 KiB (F5)', async t => {
    const { path, publisher, start } = await fileRig(t);
    const banner = 'the same banner\n'.repeat(300);
    for (const name of ['a', 'b', 'c']) await writeFile(path(`${name}.log`), `${banner}${name}\n`);
    await start();
    await publisher.untilRecords(903);
    assert.deepEqual(publisher.lines.filter(line => line.length === 1).sort(), ['a', 'b', 'c']);
  });
});
