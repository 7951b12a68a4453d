import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { FaultFs, killAtEachCall } from './fault-fs.ts';
import { nodeFs } from './fs.ts';

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fault-fs-'));
});
after(() => rm(directory, { recursive: true }));

describe('FaultFs', () => {
  it('example: the second datasync fails, all others work', async () => {
    const fs = new FaultFs(nodeFs, { kind: 'datasync', nth: 2, effect: 'fail', code: 'EIO' });
    const file = await fs.open(join(directory, 'second'), 'w');
    await file.datasync();
    await assert.rejects(file.datasync(), { code: 'EIO' });
    await file.datasync();
    await file.close();
  });

  it('fails as often as told, and no more once healed', async () => {
    const full = { kind: 'writeFile', nth: 1, effect: 'fail', code: 'ENOSPC' } as const;
    const path = join(directory, 'full');
    const twice = new FaultFs(nodeFs, { ...full, times: 2 });
    await assert.rejects(twice.writeFile(path, Buffer.from('a')), { code: 'ENOSPC' });
    await assert.rejects(twice.writeFile(path, Buffer.from('a')), { code: 'ENOSPC' });
    await twice.writeFile(path, Buffer.from('a'));

    const always = new FaultFs(nodeFs, { ...full, times: Number.POSITIVE_INFINITY });
    await assert.rejects(always.writeFile(path, Buffer.from('b')), { code: 'ENOSPC' });
    always.heal();
    await always.writeFile(path, Buffer.from('b'));
    assert.equal((await readFile(path)).toString(), 'b');
  });

  it('takes only a part of a write and says so', async () => {
    const path = join(directory, 'short');
    const fs = new FaultFs(nodeFs, { kind: 'write', nth: 1, effect: 'short', bytes: 2 });
    const file = await fs.open(path, 'w');
    assert.equal((await file.write(Buffer.from('abcd'), 0, 4, 0)).bytesWritten, 2);
    await file.close();
    assert.equal((await readFile(path)).toString(), 'ab');
  });

  it('dies in the middle of a write and rejects everything afterwards', async () => {
    const path = join(directory, 'torn');
    const fs = new FaultFs(nodeFs, { kind: 'write', nth: 1, effect: 'die', bytes: 3 });
    const file = await fs.open(path, 'w');
    await assert.rejects(file.write(Buffer.from('abcd'), 0, 4, 0), { code: 'EDEAD' });
    assert.equal(fs.isDead, true);
    await assert.rejects(file.close(), { code: 'EDEAD' });
    await assert.rejects(fs.readFile(path), { code: 'EDEAD' });
    assert.equal((await readFile(path)).toString(), 'abc');
  });

  it('closes the files of the dead, as the kernel does', async () => {
    const kernel = new FaultFs(nodeFs);
    const fs = new FaultFs(kernel, { kind: 'unlink', nth: 1, effect: 'die' });
    await fs.open(join(directory, 'open'), 'w');
    await assert.rejects(fs.unlink(join(directory, 'open')), { code: 'EDEAD' });
    assert.deepEqual(
      kernel.calls.map(call => call.kind),
      ['open', 'close'],
    );
  });

  it('passes every call on when nothing is to go wrong', async () => {
    const fs = new FaultFs(nodeFs);
    const folder = join(directory, 'all');
    await fs.mkdir(folder);
    await fs.writeFile(join(folder, 'a'), Buffer.from('text'));
    await fs.rename(join(folder, 'a'), join(folder, 'b'));
    assert.deepEqual(await fs.readdir(folder), ['b']);
    assert.equal((await fs.readFile(join(folder, 'b'))).toString(), 'text');
    const file = await fs.open(join(folder, 'b'), 'r+');
    await file.truncate(3);
    await file.sync();
    assert.equal((await file.read(Buffer.alloc(9), 0, 9, 0)).bytesRead, 3);
    assert.equal((await file.stat()).size, 3);
    await file.close();
    assert.equal((await fs.stat(join(folder, 'b'))).size, 3);
    await fs.unlink(join(folder, 'b'));
    assert.deepEqual(await fs.readdir(folder), []);
  });
});

describe('killAtEachCall', () => {
  it('example: kills a scenario of two calls before each of them, then lets it live', async () => {
    const path = join(directory, 'killed');
    const found: string[] = [];
    const calls = await killAtEachCall(
      nodeFs,
      async fs => {
        await fs.writeFile(path, Buffer.from('one'));
        await fs.writeFile(path, Buffer.from('two'));
      },
      async () => void found.push((await readFile(path).catch(() => 'nothing')).toString()),
    );
    assert.equal(calls, 2);
    assert.deepEqual(found, ['nothing', 'one', 'two']);
  });

  it('fails when the scenario fails while it is alive', async () => {
    const failing = async (): Promise<void> => {
      throw new Error('a bug');
    };
    await assert.rejects(
      killAtEachCall(nodeFs, failing, async () => undefined),
      /a bug/,
    );
  });
});
