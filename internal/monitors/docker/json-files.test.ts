import assert from 'node:assert/strict';
import promises, { appendFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { temporaryFolder } from '../../../test/helpers/file-source.ts';
import { JsonFiles } from './json-files.ts';
import type { Damage } from './log-file.ts';

const SEC = 1_700_000_000;

/** One entry a second. */
function entries(from: number, to: number): string {
  return Array.from({ length: to - from }, (_, i) => {
    const time = new Date((SEC + from + i) * 1000).toISOString();
    return `${JSON.stringify({ log: `line ${from + i}\n`, stream: 'stdout', time })}\n`;
  }).join('');
}

interface Bench {
  readonly path: string;
  /** What was said of damaged files. */
  readonly damages: Damage[];
  open(sinceSec?: number): JsonFiles;
}

async function bench(t: TestContext): Promise<Bench> {
  const path = join(await temporaryFolder(t), 'c-json.log');
  const damages: Damage[] = [];
  const open = (sinceSec?: number): JsonFiles => {
    const since = sinceSec === undefined ? null : { sec: SEC + sinceSec, nanos: 0 };
    const files = new JsonFiles(path, since, damage => damages.push(damage));
    t.after(() => files.close());
    return files;
  };
  return { path, damages, open };
}

/** Everything that is there. */
async function drain(files: JsonFiles, bytesAtOnce = 64 * 1024): Promise<string> {
  const into = Buffer.alloc(bytesAtOnce);
  let all = '';
  for (let bytes = await files.read(into); bytes > 0; bytes = await files.read(into))
    all += into.toString('utf8', 0, bytes);
  return all;
}

async function rotate(path: string): Promise<void> {
  await rename(`${path}.1`, `${path}.2`).catch(() => undefined);
  await rename(path, `${path}.1`);
}

describe('JsonFiles', () => {
  it('reads the oldest file first, compressed or not, and what is appended later', async t => {
    const { path, open } = await bench(t);
    await writeFile(`${path}.10.gz`, gzipSync(entries(0, 10)));
    await writeFile(`${path}.2.gz`, gzipSync(entries(10, 5000)));
    await writeFile(`${path}.1`, entries(5000, 6000));
    await writeFile(path, entries(6000, 6010));
    const files = open();
    assert.equal(await drain(files), entries(0, 6010));
    await appendFile(path, entries(6010, 6020));
    assert.equal(await drain(files), entries(6010, 6020));
  });

  it('goes over to the next file at a rotation, and through those that came and went meanwhile', async t => {
    const { path, open } = await bench(t);
    await writeFile(path, entries(0, 10));
    const files = open();
    assert.equal(await drain(files), entries(0, 10));
    for (let n = 10; n < 60; n += 10) {
      await appendFile(path, entries(n, n + 3));
      await rotate(path);
      await writeFile(path, entries(n + 3, n + 6));
      if (n % 20 === 0) await rotate(path);
      await appendFile(path, entries(n + 6, n + 10));
      assert.equal(await drain(files), entries(n, n + 10));
    }
  });

  it('reads a file to its end that was written to and rotated since it was read', async t => {
    const { path, open } = await bench(t);
    await writeFile(path, entries(0, 10));
    const files = open();
    const into = Buffer.alloc(5000);
    assert.equal(into.toString('utf8', 0, await files.read(into)), entries(0, 10));
    const { stat } = promises;
    const look = t.mock.method(promises, 'stat', async (each: string) => {
      look.mock.restore();
      syncBuiltinESMExports();
      await appendFile(path, entries(10, 1000));
      await rotate(path);
      await writeFile(path, entries(1000, 1010));
      return stat(each);
    });
    syncBuiltinESMExports();
    assert.equal(await drain(files, 5000), entries(10, 1010));
  });

  it('begins with the oldest also where its folder is rotated while it is read', async t => {
    const { path, open } = await bench(t);
    await writeFile(path, entries(0, 10));
    const { readdir } = promises;
    const folder = t.mock.method(promises, 'readdir', async (each: string) => {
      folder.mock.restore();
      syncBuiltinESMExports();
      const names = await readdir(each);
      await rotate(path);
      await writeFile(path, entries(10, 20));
      return names;
    });
    syncBuiltinESMExports();
    assert.equal(await drain(open()), entries(0, 20));
  });

  it('reads on in what it has begun, whatever name that has by then', async t => {
    const { path, open } = await bench(t);
    await writeFile(`${path}.1.gz`, gzipSync(entries(0, 5000)));
    await writeFile(path, entries(5000, 5010));
    const files = open();
    const into = Buffer.alloc(1000);
    const begun = into.toString('utf8', 0, await files.read(into));
    await rename(`${path}.1.gz`, `${path}.2.gz`);
    await writeFile(`${path}.1.gz`, gzipSync(entries(5000, 5010)));
    await writeFile(path, entries(5010, 5020));
    assert.equal(begun + (await drain(files)), entries(0, 5020));
  });

  it('begins near the time that is asked for, in whichever file it is', async t => {
    const { path, open } = await bench(t);
    await writeFile(`${path}.1`, entries(0, 15_000));
    await writeFile(path, entries(15_000, 30_000));
    const size = (since: number): number => entries(Math.min(since, 30_000), 30_000).length + 1.2e6;
    for (const since of [5, 14_999, 15_000, 22_000, 40_000]) {
      const read = await drain(open(since));
      assert.ok(read.endsWith(entries(Math.min(since, 29_999), 30_000)), `since ${since}`);
      assert.ok(read.length < size(since), 'not much more of it was read');
    }
  });

  const packed = gzipSync(entries(0, 20_000));
  const DAMAGES = [
    ['in its middle', Buffer.from(packed).fill(0xff, 50_000, 50_100), 7000, packed.length - 50_000],
    ['at its end', Buffer.from(packed).fill(0, packed.length - 8), 18_000, 8],
    ['because it was cut off', packed.subarray(0, packed.length - 1000), 19_000, 0],
    ['at its beginning', Buffer.from(packed).fill(0, 0, 10), 0, packed.length],
    ['because it is empty', Buffer.alloc(0), 0, 0],
  ] as const;
  for (const [where, bytes, leastLines, unreadBytes] of DAMAGES) {
    it(`reads on behind a compressed file that is damaged ${where}`, async t => {
      const { path, damages, open } = await bench(t);
      await writeFile(`${path}.2.gz`, bytes);
      await writeFile(`${path}.1.gz`, gzipSync(entries(20_000, 20_010)));
      await writeFile(path, entries(20_010, 20_020));
      const behind = entries(20_000, 20_020);
      const read = await drain(open());
      assert.ok(read.endsWith(`\n${behind}`));
      const before = read.slice(0, -behind.length - 1);
      assert.ok(entries(0, 20_000).startsWith(before), 'what was given of it is as it was');
      assert.ok(before.length >= entries(0, leastLines).length, `${before.length} bytes of it`);
      assert.deepEqual(damages, [{ ...damages[0], path: `${path}.2.gz` }]);
      const { bytes: unread } = damages[0]!;
      assert.ok(unread >= unreadBytes && unread < unreadBytes + 20_000, `${unread} bytes unread`);
      // Where it is asked for a time in it, and for one behind it.
      assert.ok((await drain(open(10_000))).endsWith(`\n${behind}`));
      assert.equal(await drain(open(20_005)), behind);
    });
  }

  it('reads a compressed file to its end where something stands behind it', async t => {
    const { path, damages, open } = await bench(t);
    await writeFile(`${path}.1.gz`, Buffer.concat([packed, Buffer.alloc(50_000)]));
    await writeFile(path, entries(20_000, 20_020));
    assert.equal(await drain(open()), entries(0, 20_020));
    assert.deepEqual(damages, []);
  });

  it('begins anew in a file that was emptied, longer or shorter than before', async t => {
    const { path, open } = await bench(t);
    for (const fresh of [entries(500, 510), entries(500, 800)]) {
      await writeFile(path, entries(0, 100));
      const files = open();
      await drain(files);
      await truncate(path);
      await appendFile(path, fresh);
      assert.equal(await drain(files), fresh);
    }
  });

  it('says so when its file was rotated away, and nothing where there is no file', async t => {
    const { path, open } = await bench(t);
    assert.equal(await drain(open()), '');
    await writeFile(path, entries(0, 10));
    const files = open();
    await drain(files);
    await rm(path);
    assert.equal(await drain(files), '');
    await writeFile(`${path}.1`, entries(10, 20));
    await writeFile(path, entries(20, 30));
    await assert.rejects(drain(files), { code: 'LC_FILE_UNREADABLE' });
  });
});
