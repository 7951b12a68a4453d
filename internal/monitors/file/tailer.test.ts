import assert from 'node:assert/strict';
import { appendFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { ManualClock } from '../../../pkg/clock/manual-clock.ts';
import { SlabPool } from '../../../pkg/slab/slab-pool.ts';
import { CollectingPublisher } from '../../../test/helpers/collecting-publisher.ts';
import { fileSource, temporaryFolder } from '../../../test/helpers/file-source.ts';
import { MemoryPositions } from '../../../test/helpers/memory-positions.ts';
import { sourceContext } from '../../../test/helpers/source-context.ts';
import { type FileMeta, type FilePosition, type FileTrack, START } from './identity.ts';
import type { FileSource } from './source.ts';
import type { Step } from './step.ts';
import { Tailer } from './tailer.ts';

interface Bench {
  readonly path: string;
  readonly publisher: CollectingPublisher;
  readonly positions: MemoryPositions;
  readonly clock: ManualClock;
  readonly stop: AbortController;
  tail(positions?: MemoryPositions): Promise<Tailer>;
}

async function bench(t: TestContext, given: Partial<FileSource> = {}, slabBytes = 4096): Promise<Bench> {
  const path = join(await temporaryFolder(t), 'app.log');
  const publisher = new CollectingPublisher();
  const positions = new MemoryPositions();
  const clock = new ManualClock();
  const stop = new AbortController();
  const source = fileSource({ paths: [path], ...given });
  const tail = async (from = positions): Promise<Tailer> => {
    const { dev, ino, birthtimeNs } = await stat(path, { bigint: true });
    const meta = {
      source: 'test',
      path,
      dev: `${dev}`,
      ino: `${ino}`,
      born: `${birthtimeNs}`,
      headBytes: 0,
      headCheck: 0,
    };
    const known = from.tracks<FilePosition, FileMeta>('file')[0];
    const track: FileTrack = known ?? from.create('file', 'a', meta, START);
    const slabs = new SlabPool({ slabBytes, retainBytes: slabBytes, check: true });
    const context = sourceContext(source, {
      publisher,
      clock,
      positions: from,
      slabs,
      stopping: stop.signal,
    });
    const tailer = new Tailer(context, track, path);
    t.after(() => tailer.close());
    return tailer;
  };
  return { path, publisher, positions, clock, stop, tail };
}

/** Steps until there is nothing more to read at once. */
async function drain(tailer: Tailer): Promise<Step> {
  let step: Step = 'more';
  while (step === 'more') step = await tailer.step();
  return step;
}

const numbered = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, i) => `line ${from + i}\n`).join('');

describe('Tailer', () => {
  it('publishes the lines of a file in order, once, and what is appended later', async t => {
    const { path, publisher, tail } = await bench(t);
    await writeFile(path, numbered(0, 3000));
    const tailer = await tail();
    await drain(tailer);
    assert.equal(await tailer.step(), 'quiet');
    await appendFile(path, numbered(3000, 3010));
    assert.equal(await drain(tailer), 'trickle');
    assert.deepEqual(`${publisher.lines.join('\n')}\n`, numbered(0, 3010));
    assert.equal(publisher.records[0]!.labels.filename, path);
    assert.deepEqual(tailer.progress.settledTo, tailer.position);
  });

  it('waits for the newline of a last line, and sends it as it is when it is final (F7, F8)', async t => {
    const { path, publisher, tail } = await bench(t);
    await writeFile(path, 'whole\nhal');
    const tailer = await tail();
    await drain(tailer);
    assert.deepEqual(publisher.lines, ['whole']);
    await appendFile(path, 'f\nend');
    await drain(tailer);
    assert.deepEqual(publisher.lines, ['whole', 'half']);
    await tailer.step(true);
    assert.deepEqual(publisher.lines, ['whole', 'half', 'end']);
  });

  it('strips a byte order mark once', async t => {
    const { path, publisher, tail } = await bench(t);
    await writeFile(path, '\ufefffirst\n\ufeffsecond\n');
    await drain(await tail());
    assert.deepEqual(publisher.lines, ['first', '\ufeffsecond']);
  });

  it('notices truncation and rewriting, shorter and longer than the position (F3)', async t => {
    const banner = 'the same banner in every file\n'.repeat(150);
    for (const after of ['', 'new\n', numbered(500, 2500)]) {
      const { path, tail } = await bench(t);
      await writeFile(path, banner + numbered(0, 500));
      const tailer = await tail();
      await drain(tailer);
      await truncate(path);
      await writeFile(path, banner + after);
      assert.equal(await tailer.step(), 'changed');
    }
  });

  it('sends again, byte for byte and with the same times, what was under way (R8)', async t => {
    const { path, publisher, positions, clock, tail } = await bench(t);
    publisher.settles = false;
    await writeFile(path, numbered(0, 2000));
    await drain(await tail());
    publisher.settle(3);
    const sent = publisher.records.slice();
    const chunks = publisher.chunks;

    await appendFile(path, numbered(2000, 2100));
    await clock.advance(5000);
    publisher.records.length = 0;
    publisher.chunks = 0;
    await drain(await tail(positions.restarted()));
    const settled = sent.length - publisher.records.length + 100;
    assert.ok(settled > 0 && settled < sent.length);
    assert.deepEqual(publisher.records.slice(0, -100), sent.slice(settled));
    assert.ok(publisher.chunks > chunks - 3);
    assert.equal(publisher.lines.at(-1), 'line 2099');
  });

  it('starts anew when the content no longer fits what was under way', async t => {
    const { path, publisher, positions, tail } = await bench(t);
    publisher.settles = false;
    await writeFile(path, numbered(0, 100));
    await drain(await tail());
    await writeFile(path, numbered(100, 400));
    assert.equal(await drain(await tail(positions.restarted())), 'changed');
  });

  it('waits while the state directory cannot be written, and loses nothing', async t => {
    const { path, publisher, positions, tail } = await bench(t);
    await writeFile(path, numbered(0, 10));
    positions.isWritable = false;
    const step = (await tail()).step();
    await new Promise(resolve => setImmediate(resolve));
    assert.equal(publisher.chunks, 0);
    positions.repair();
    assert.equal(await step, 'trickle');
    assert.equal(publisher.records.length, 10);
  });

  it('gives up waiting for the state directory when the agent stops', async t => {
    const { path, positions, stop, tail } = await bench(t);
    await writeFile(path, numbered(0, 1000));
    positions.isWritable = false;
    const step = (await tail()).step();
    stop.abort();
    assert.equal(await step, 'stopped');
  });
});
