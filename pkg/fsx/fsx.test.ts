import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { writeFileAtomic } from './atomic.ts';
import { FaultFs, killAtEachCall } from './fault-fs.ts';
import { nodeFs, writeAll } from './fs.ts';

let directory: string;
let files = 0;
const freshPath = (): string => join(directory, `file-${files++}`);
const read = async (path: string): Promise<string> => (await nodeFs.readFile(path)).toString();

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fsx-'));
});
after(() => rm(directory, { recursive: true }));

describe('nodeFs', () => {
  it('opens, writes, reads, truncates and describes a private file', async () => {
    const path = freshPath();
    const file = await nodeFs.open(path, 'wx+');
    await writeAll(file, Buffer.from('hello world'), 0);
    await file.datasync();
    await file.truncate(5);
    const buffer = Buffer.alloc(10);
    const { bytesRead } = await file.read(buffer, 0, 10, 1);
    assert.equal(buffer.toString('utf8', 0, bytesRead), 'ello');
    assert.equal((await file.stat()).size, 5);
    await file.close();
    assert.equal((await stat(path)).mode & 0o777, 0o600);
  });

  it('makes directories with their parents, lists, renames and removes', async () => {
    const folder = join(directory, 'a', 'b');
    await nodeFs.mkdir(folder);
    await nodeFs.mkdir(folder);
    await nodeFs.writeFile(join(folder, 'one'), Buffer.from('1'));
    await nodeFs.rename(join(folder, 'one'), join(folder, 'two'));
    assert.deepEqual(await nodeFs.readdir(folder), ['two']);
    await nodeFs.unlink(join(folder, 'two'));
    await assert.rejects(nodeFs.stat(join(folder, 'two')), { code: 'ENOENT' });
  });
});

describe('writeAll', () => {
  it('goes on after any short writes, appending or in place', async () => {
    const shorts = fc.array(fc.record({ nth: fc.integer({ min: 1, max: 5 }), bytes: fc.nat({ max: 9 }) }));
    const place = fc.constantFrom(null, 0, 3);
    await fc.assert(
      fc.asyncProperty(shorts, place, async (faults, position) => {
        const fs = new FaultFs(
          nodeFs,
          ...faults.map(fault => ({ ...fault, kind: 'write' as const, effect: 'short' as const })),
        );
        const path = freshPath();
        const file = await fs.open(path, 'w');
        await writeAll(file, Buffer.from('0123456789'), position);
        await file.close();
        assert.equal(await read(path), `${'\0'.repeat(position ?? 0)}0123456789`);
      }),
      { numRuns: 40 },
    );
  });
});

describe('writeFileAtomic', () => {
  it('example: replaces a file, and leaves nothing else behind', async () => {
    const path = join(directory, 'atomic', 'positions.json');
    await nodeFs.mkdir(join(directory, 'atomic'));
    await writeFileAtomic(nodeFs, path, Buffer.from('old'));
    await writeFileAtomic(nodeFs, path, Buffer.from('new'));
    assert.equal(await read(path), 'new');
    assert.deepEqual(await nodeFs.readdir(join(directory, 'atomic')), ['positions.json']);
  });

  it('leaves the old or the new content, whole, when killed before any of its calls', async () => {
    const path = freshPath();
    const found: string[] = [];
    const calls = await killAtEachCall(
      nodeFs,
      async fs => {
        await nodeFs.writeFile(path, Buffer.from('old'));
        await writeFileAtomic(fs, path, Buffer.from('new'));
      },
      async () => void found.push(await read(path)),
    );
    assert.equal(calls, 8);
    assert.deepEqual(found, ['old', 'old', 'old', 'old', 'old', 'new', 'new', 'new', 'new']);
  });

  it('syncs the content before the name, and the directory after it', async () => {
    const fs = new FaultFs(nodeFs);
    await writeFileAtomic(fs, freshPath(), Buffer.from('x'));
    assert.deepEqual(
      fs.calls.map(call => call.kind),
      ['open', 'write', 'sync', 'close', 'rename', 'open', 'sync', 'close'],
    );
    assert.equal(fs.calls.at(-2)?.path, directory);
  });

  it('keeps the old content and closes its file when the disk is full', async () => {
    const path = freshPath();
    await nodeFs.writeFile(path, Buffer.from('old'));
    const fs = new FaultFs(nodeFs, { kind: 'write', nth: 1, effect: 'fail', code: 'ENOSPC' });
    await assert.rejects(writeFileAtomic(fs, path, Buffer.from('new')), { code: 'ENOSPC' });
    assert.equal(await read(path), 'old');
    assert.equal(fs.calls.at(-1)?.kind, 'close');
    await writeFileAtomic(fs, path, Buffer.from('new'));
    assert.equal(await read(path), 'new');
  });
});
