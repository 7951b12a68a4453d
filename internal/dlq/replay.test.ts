import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { File } from '../../pkg/fsx/fs.ts';
import { StreamRegistry } from '../../pkg/types/stream.ts';
import { batchOf, partOf } from '../../test/helpers/batches.ts';
import { testChunk, testStream } from '../../test/helpers/chunks.ts';
import {
  ALL,
  batchOfLines,
  deliver,
  linesIn,
  newQueue,
  reasonOf,
  startQueue,
} from '../../test/helpers/dead-letters.ts';
import { MemoryFs } from '../../test/helpers/memory-fs.ts';

/** More than one page holds of. */
const LONG = 'x'.repeat(200_000);

/** Calls `onRead` before each read. */
class WatchedFs extends MemoryFs {
  onRead: () => void = () => undefined;

  override async open(path: string, flags: string): Promise<File> {
    const file = await super.open(path, flags);
    const read: File['read'] = (...args) => {
      this.onRead();
      return file.read(...args);
    };
    return { ...file, read };
  }
}

describe('take', () => {
  it('gives one chunk a stream and source, with the times of the lines, on the stream that everybody shares', async () => {
    const streams = new StreamRegistry();
    const { queue } = newQueue(new MemoryFs(), {}, { streams });
    await queue.start();
    const [one, two] = [testStream({ job: 'one' }), testStream({ job: 'two', 'a"b': '\\' })];
    const parts = [one, two, one].map((stream, i) =>
      partOf(testChunk([`${i}a`, `${i}b`], stream, 1000 + i).chunk),
    );
    const elsewhere = { ...parts[0]!, origin: { monitor: 'docker', source: 'other' } as const };
    await queue.store('loki', batchOf(...parts, elsewhere), reasonOf('overflow'));
    const chunks = await queue.take('loki', ALL);
    const seen = chunks.map(chunk => [chunk.origin, chunk.stream.labels.toJSON(), linesIn([chunk])]);
    assert.deepEqual(seen, [
      [{ monitor: 'dlq', source: 'test' }, { job: 'one' }, ['0a', '0b', '2a', '2b']],
      [{ monitor: 'dlq', source: 'test' }, { job: 'two', 'a"b': '\\' }, ['1a', '1b']],
      [{ monitor: 'dlq', source: 'other' }, { job: 'one' }, ['0a', '0b']],
    ]);
    assert.equal(chunks[0]!.stream, streams.get(one.labels));
    assert.deepEqual([...chunks[0]!.times!], [1, 0, 1, 1, 1, 2_000_000, 1, 2_000_001]);
  });

  it('keeps to its limits, but gives one letter whatever its size, oldest first over segments', async () => {
    const { queue } = await startQueue(new MemoryFs(), { segmentBytes: 1000 });
    const lines = ['a', 'bb', LONG, 'ccc', 'd'];
    for (const line of lines) await queue.store('loki', batchOfLines([line]), reasonOf('overflow'));
    const take = async (records: number, bytes: number): Promise<string[]> =>
      linesIn(await queue.take('loki', { records, bytes }));
    assert.deepEqual(await take(10, 3), ['a', 'bb']);
    assert.deepEqual(await take(10, 3), [LONG]);
    assert.deepEqual(await take(1, 100), ['ccc']);
    assert.deepEqual(await take(10, 100), ['d']);
    assert.deepEqual(await take(10, 100), []);
  });

  it('never gives a letter twice, however many ask at once', async () => {
    const { queue } = await startQueue(new MemoryFs());
    const lines = Array.from({ length: 20 }, (_, i) => `line ${i}`);
    await queue.store('loki', batchOfLines(lines), reasonOf('overflow'));
    const taken = await Promise.all(
      Array.from({ length: 10 }, () => queue.take('loki', { records: 3, bytes: 1000 })),
    );
    assert.deepEqual(linesIn(taken.flat()), lines);
  });

  it('gives letters again that came back while it was reading', async () => {
    const fs = new WatchedFs();
    const { queue } = await startQueue(fs);
    const lines = Array.from({ length: 8 }, (_, i) => `${i} ${LONG}`);
    await queue.store('loki', batchOfLines(lines), reasonOf('overflow'));
    const [first] = await queue.take('loki', { records: 2, bytes: 1e9 });
    let reads = 0;
    fs.onRead = () => {
      if (++reads === 2) first!.release();
    };
    assert.deepEqual(linesIn(await queue.take('loki', ALL)), lines.slice(2));
    assert.equal(queue.replayable('loki'), 2);
    assert.deepEqual(linesIn(await queue.take('loki', ALL)), lines.slice(0, 2));
  });

  it('leaves the folder alone when letters are settled after the close', async () => {
    const fs = new MemoryFs();
    const { queue, clock } = await startQueue(fs);
    await queue.store('loki', batchOfLines(['one']), reasonOf('overflow'));
    const [chunk] = await queue.take('loki', ALL);
    await queue.close();
    const next = await startQueue(fs);
    deliver(chunk!);
    await clock.advance(10_000);
    assert.deepEqual(linesIn(await next.queue.take('loki', ALL)), ['one']);
    assert.equal(clock.armed, 0);
  });
});
