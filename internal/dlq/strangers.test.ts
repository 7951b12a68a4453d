import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { nodeFs } from '../../pkg/fsx/fs.ts';
import {
  ALL,
  batchOfLines,
  linesIn,
  newQueue,
  reasonOf,
  type TestQueue,
} from '../../test/helpers/dead-letters.ts';
import { type Logger, silentLogger } from '../selflog/logger.ts';

interface Place extends TestQueue {
  readonly dir: string;
  /** Paths that were said to be left alone. */
  readonly strangers: readonly unknown[];
}

/** A queue, not started, in a folder on the disk. */
async function newPlace(context: TestContext): Promise<Place> {
  const dir = await mkdtemp(join(tmpdir(), 'dlq-strangers-'));
  context.after(() => rm(dir, { recursive: true }));
  return placeAt(dir);
}

function placeAt(dir: string): Place {
  const strangers: unknown[] = [];
  const warn: Logger['warn'] = (key, _, fields) => key === 'dlq.stranger' && strangers.push(fields?.path);
  return { ...newQueue(nodeFs, {}, { dir, logger: { ...silentLogger, warn } }), dir, strangers };
}

describe('what is not ours', () => {
  it('is left alone and named: links, folders, other files, newer versions', async context => {
    const { queue, dir, strangers } = await newPlace(context);
    const folder = join(dir, 'loki');
    await mkdir(join(folder, '00000009.ndjson'), { recursive: true });
    await mkdir(join(dir, 'é'.repeat(100)));
    await writeFile(join(dir, 'notes.txt'), 'mine');
    await writeFile(join(folder, 'notes.txt'), 'mine');
    await writeFile(join(folder, 'probe.tmp'), 'left behind by a killed agent');
    await writeFile(join(folder, '00000002.done'), 'of a segment that is gone');
    await writeFile(join(folder, '00000007.v2.ndjson'), 'of a newer version');
    await symlink(join(dir, 'notes.txt'), join(folder, '00000003.ndjson'));
    await symlink(join(dir, 'loki'), join(dir, 'kafka'));
    await queue.start();
    const expected = [
      'kafka',
      'notes.txt',
      'é'.repeat(100),
      ...['00000003.ndjson', '00000007.v2.ndjson', '00000009.ndjson', 'notes.txt'].map(name =>
        join('loki', name),
      ),
    ];
    assert.deepEqual([...strangers].sort(), expected.map(name => join(dir, name)).sort());

    assert.equal(await queue.store('loki', batchOfLines(['one']), reasonOf('overflow')), 'stored');
    assert.ok(
      (await readdir(folder)).includes('00000010.ndjson'),
      'a number that is borne by anything is not used',
    );
    assert.equal(await queue.store('kafka', batchOfLines(['one']), reasonOf('overflow')), 'unwritable');
    assert.match(queue.health().reason ?? '', /is a link/);
    for (const chunk of await queue.take('loki', ALL)) chunk.receipt.settle();
    await queue.close();
    assert.equal(await readFile(join(dir, 'notes.txt'), 'utf8'), 'mine');
    assert.deepEqual((await readdir(folder)).sort(), [
      '00000003.ndjson',
      '00000007.v2.ndjson',
      '00000009.ndjson',
      'notes.txt',
    ]);
  });

  it('is left alone when only its letters tell that another version wrote it', async context => {
    const { queue, dir } = await newPlace(context);
    await queue.start();
    await queue.store('loki', batchOfLines(['one']), reasonOf('overflow'));
    await queue.close();
    const path = join(dir, 'loki', '00000001.ndjson');
    const text = (await readFile(path, 'latin1')).replace('"cause":"overflow"', '"cause":"unheard-of"');
    const body = text.slice(0, text.indexOf(',"crc"'));
    const crc = (await import('node:zlib')).crc32(body).toString(16).padStart(8, '0');
    await writeFile(path, `${body},"crc":"${crc}"}\n`);
    const next = placeAt(dir);
    await next.queue.start();
    assert.deepEqual(next.strangers, [path]);
    assert.equal(next.queue.replayable('loki'), 0);
    await next.queue.close();
    assert.match(await readFile(path, 'latin1'), /unheard-of/);
  });

  it('never shares a folder with a sink, whatever the sink is called', async context => {
    const { queue, dir } = await newPlace(context);
    await queue.start();
    const names = [
      'a',
      'A',
      'a.b',
      'a%2Eb',
      '.',
      '..',
      '../x',
      '.lock',
      'audit.ndjson',
      'é',
      '%'.repeat(63),
      'a/b',
      'nul\0',
    ];
    for (const name of names)
      assert.equal(await queue.store(name, batchOfLines([name]), reasonOf('overflow')), 'stored');
    for (const name of names) {
      const chunks = await queue.take(name, ALL);
      assert.deepEqual(linesIn(chunks), [name]);
      for (const chunk of chunks) chunk.release();
    }
    await queue.close();
    const next = placeAt(dir);
    await next.queue.start();
    for (const name of names) assert.equal(next.queue.replayable(name), 1, name);
    assert.deepEqual(next.strangers, []);
    assert.equal((await readdir(dir)).filter(name => name !== '.lock').length, names.length);
    await next.queue.close();
  });
});
