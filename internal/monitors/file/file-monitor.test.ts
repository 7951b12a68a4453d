import assert from 'node:assert/strict';
import { appendFile, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { fileRig, numbered, numberedLines } from '../../../test/helpers/file-monitor-rig.ts';

describe('FileMonitor', () => {
  it('reads what is there and what comes, from one file and several', async t => {
    const { path, publisher, start } = await fileRig(t);
    await writeFile(path('a.log'), numbered(0, 10));
    await writeFile(path('b.txt'), 'not matched\n');
    await start();
    await publisher.untilRecords(10);
    await appendFile(path('a.log'), numbered(10, 20));
    await publisher.untilRecords(20);
    await writeFile(path('new.log'), 'new\n');
    await publisher.untilRecords(21);
    assert.deepEqual(publisher.lines, [...numberedLines(0, 20), 'new']);
    assert.deepEqual(publisher.records[20]!.labels, { filename: path('new.log') });
  });

  it('keeps its place across restarts', async t => {
    const rig = await fileRig(t);
    await writeFile(rig.path('a.log'), numbered(0, 10));
    for (let n = 10; n < 50; n += 10) {
      await rig.start();
      await rig.publisher.untilRecords(n);
      await rig.kill();
      await appendFile(rig.path('a.log'), numbered(n, n + 10));
    }
    await rig.start();
    await rig.publisher.untilRecords(50);
    assert.deepEqual(rig.publisher.lines, numberedLines(0, 50));
  });

  it('starts at the end of files that are there, and at the beginning of later ones', async t => {
    const { path, publisher, start } = await fileRig(t, { startAt: 'end' });
    await writeFile(path('a.log'), 'old\nhalf of ');
    await start();
    await appendFile(path('a.log'), 'a line\n');
    await publisher.untilRecords(1);
    await writeFile(path('b.log'), 'later\n');
    await publisher.untilRecords(2);
    assert.deepEqual(publisher.lines, ['half of a line', 'later']);
  });

  it('waits for folders that do not exist yet, and for those that come back (F12)', async t => {
    const { path, publisher, start } = await fileRig(t, { paths: ['deep/er/**/*.log'] });
    await start();
    await mkdir(path('deep/er/x'), { recursive: true });
    await writeFile(path('deep/er/x/a.log'), 'one\n');
    await publisher.untilRecords(1);
    await rm(path('deep'), { recursive: true });
    await mkdir(path('deep/er'), { recursive: true });
    await writeFile(path('deep/er/b.log'), 'two\n');
    await publisher.untilRecords(2);
    assert.deepEqual(publisher.lines, ['one', 'two']);
  });

  it('reads names with newlines and with bytes that are not UTF-8', async t => {
    const { folder, path, publisher, start } = await fileRig(t);
    const odd = (name: string): Buffer => Buffer.from(`${folder}/\xff${name}.log`, 'latin1');
    await writeFile(path('a\nb.log'), 'newline\n');
    await writeFile(odd('1'), 'odd one\n');
    await start();
    await publisher.untilRecords(2);
    await appendFile(odd('1'), 'odd again\n');
    await publisher.untilRecords(3);
    await writeFile(odd('2'), 'odd two\n');
    await publisher.untilRecords(4);
    assert.deepEqual(publisher.lines.sort(), ['newline', 'odd again', 'odd one', 'odd two']);
  });

  it('follows a symlink to its new target (F12)', async t => {
    const { path, publisher, start } = await fileRig(t, { paths: ['link.log'] });
    await mkdir(path('targets'));
    await writeFile(path('targets/1'), 'from 1\n');
    await writeFile(path('targets/2'), 'from 2\n');
    await symlink('targets/1', path('link.log'));
    await start();
    await publisher.untilRecords(1);
    await appendFile(path('targets/1'), 'more from 1\n');
    await publisher.untilRecords(2);
    await symlink('targets/2', path('next'));
    await rename(path('next'), path('link.log'));
    await publisher.untilRecords(3);
    await appendFile(path('targets/2'), 'more from 2\n');
    await publisher.untilRecords(4);
    assert.deepEqual(publisher.lines, ['from 1', 'more from 1', 'from 2', 'more from 2']);
  });

  it('reads a file once, however many links lead to it', async t => {
    const { folder, path, publisher, start } = await fileRig(t, { paths: ['**/*.log'] });
    await writeFile(path('a.log'), 'once\n');
    await symlink('a.log', path('b.log'));
    await symlink(folder, path('loop'));
    await start();
    await publisher.untilRecords(1);
    await rm(path('a.log'));
    await writeFile(path('c.log'), 'end\n');
    await publisher.untilRecords(2);
    assert.deepEqual(publisher.lines, ['once', 'end']);
  });
});
