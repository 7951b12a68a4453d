import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FaultFs } from '../../pkg/fsx/fault-fs.ts';
import {
  ALL,
  batchOfLines,
  DLQ_DIR,
  deliver,
  linesIn,
  newQueue,
  reasonOf,
  startQueue,
} from '../../test/helpers/dead-letters.ts';
import { MemoryFs } from '../../test/helpers/memory-fs.ts';
import { type Logger, silentLogger } from '../selflog/logger.ts';

const FOLDER = `${DLQ_DIR}/loki`;
const SEGMENT = `${FOLDER}/00000001.ndjson`;
const LINES = ['first "line"', 'second', 'third \\ line'];

/** A folder with one segment of three letters, whose content is handed out too. */
async function newSegment(): Promise<{ fs: MemoryFs; whole: Buffer }> {
  const fs = new MemoryFs();
  const { queue } = await startQueue(fs);
  for (const line of LINES) await queue.store('loki', batchOfLines([line]), reasonOf('overflow'));
  await queue.close();
  return { fs, whole: await fs.readFile(SEGMENT) };
}

interface Recovery {
  readonly lines: readonly string[];
  /** Content of each copy, by offset. */
  readonly copies: ReadonlyMap<number, Buffer>;
  readonly loggedOffsets: readonly unknown[];
  /** What a second start says. */
  readonly second: { readonly lines: readonly string[]; readonly loggedOffsets: readonly unknown[] };
}

async function recover(fs: MemoryFs, damaged: Buffer): Promise<Recovery> {
  await fs.writeFile(SEGMENT, damaged);
  const first = await startAndRead(fs);
  const copies = new Map<number, Buffer>();
  for (const name of await fs.readdir(FOLDER)) {
    const offset = /^00000001\.damaged-(\d+)$/.exec(name)?.[1];
    if (offset !== undefined) copies.set(Number(offset), await fs.readFile(`${FOLDER}/${name}`));
  }
  return { ...first, copies, second: await startAndRead(fs) };
}

async function startAndRead(fs: MemoryFs): Promise<{ lines: string[]; loggedOffsets: unknown[] }> {
  const loggedOffsets: unknown[] = [];
  const error: Logger['error'] = (key, _, fields) =>
    key === 'dlq.damaged' && loggedOffsets.push(fields?.offset);
  const { queue } = newQueue(fs, {}, { logger: { ...silentLogger, error } });
  await queue.start();
  const chunks = await queue.take('loki', ALL);
  const lines = linesIn(chunks);
  for (const chunk of chunks) chunk.release();
  await queue.close();
  return { lines, loggedOffsets };
}

describe('a damaged segment (R12)', () => {
  it('loses the one letter that a flipped byte belongs to, says which, and keeps a copy', async () => {
    const { fs, whole } = await newSegment();
    for (let at = 0; at < whole.length; at++) {
      for (const flip of [0x01, 0x20, 0xff]) {
        const damaged = Buffer.from(whole);
        damaged[at]! ^= flip;
        const { lines, copies, loggedOffsets, second } = await recover(fs.afterKill(), damaged);
        const start = at === 0 ? 0 : whole.lastIndexOf(10, at - 1) + 1;
        const letter = whole.subarray(0, start).toString().split('\n').length - 1;
        const isNewline = whole[at] === 10;
        const expected = isNewline ? LINES : LINES.filter((_, i) => i !== letter);
        assert.deepEqual(lines, expected, `byte ${at} ^ ${flip}`);
        assert.deepEqual(loggedOffsets, isNewline ? [] : [start]);
        if (isNewline) continue;
        const end = whole.indexOf(10, at) + 1;
        assert.deepEqual([...copies], [[start, damaged.subarray(start, end)]]);
        assert.deepEqual(second, { lines: expected, loggedOffsets: [] }, 'told once');
      }
    }
  });

  it('loses no whole letter where its tail is torn, cuts the rest off and keeps it', async () => {
    const { fs, whole } = await newSegment();
    for (let length = 0; length < whole.length; length++) {
      const { lines, copies, loggedOffsets } = await recover(fs.afterKill(), whole.subarray(0, length));
      const newlines =
        whole
          .subarray(0, length + 1)
          .toString()
          .split('\n').length - 1;
      assert.deepEqual(lines, LINES.slice(0, newlines), `cut at ${length}`);
      const start = whole.lastIndexOf(10, Math.max(length - 1, 0)) + 1;
      const isTorn = length > 0 && length > start && whole[length] !== 10;
      assert.deepEqual(loggedOffsets, isTorn ? [start] : []);
      assert.deepEqual([...copies.values()], isTorn ? [whole.subarray(start, length)] : []);
    }
  });

  it('finds the letters behind any garbage', async () => {
    const { fs, whole } = await newSegment();
    const end = whole.indexOf(10) + 1;
    for (const garbage of [
      '\n\n',
      '{"line":"',
      `x${whole.toString('latin1', 0, end - 30)}`,
      '\0'.repeat(700_000),
    ]) {
      const damaged = Buffer.concat([whole.subarray(0, end), Buffer.from(garbage), whole.subarray(end)]);
      assert.deepEqual((await recover(fs.afterKill(), damaged)).lines, LINES);
    }
  });

  it('costs what its companion says when that is damaged: letters go again', async () => {
    const { fs } = await newSegment();
    const { queue, clock } = await startQueue(fs);
    const [chunk] = await queue.take('loki', { records: 1, bytes: 1000 });
    chunk!.receipt.settle();
    chunk!.release();
    await clock.advance(2000);
    const companion = `${FOLDER}/00000001.done`;
    const marks = await fs.readFile(companion);
    assert.deepEqual((await startAndRead(fs.afterKill())).lines, LINES.slice(1));
    for (let at = 0; at < marks.length; at++) {
      const disk = fs.afterKill();
      const damaged = Buffer.from(marks);
      damaged[at]! ^= 0x01;
      await disk.writeFile(companion, damaged);
      const { lines } = await startAndRead(disk);
      assert.ok(lines.length === 3 || lines.length === 2, `byte ${at}`);
    }
  });

  it('costs no mark but the torn one when its companion goes on after a torn tail', async () => {
    const { fs } = await newSegment();
    const companion = `${FOLDER}/00000001.done`;
    await fs.writeFile(companion, Buffer.from('12345678 done 0'));
    const { queue } = await startQueue(fs);
    for (const chunk of await queue.take('loki', { records: 1, bytes: 1000 })) deliver(chunk);
    await queue.close();
    assert.deepEqual((await startAndRead(fs)).lines, LINES.slice(1));
  });

  it('is left as it is while the disk is too full for a copy', async () => {
    const { fs, whole } = await newSegment();
    for (const [damaged, lines] of [
      [whole.subarray(0, whole.length - 5), LINES.slice(0, 2)],
      [Buffer.alloc(1000, 'x'), []],
    ] as const) {
      await fs.writeFile(SEGMENT, damaged);
      const full = new FaultFs(fs, { kind: 'write', nth: 2, effect: 'fail', code: 'ENOSPC', times: 100 });
      const { queue } = await startQueue(full);
      const chunks = await queue.take('loki', ALL);
      assert.deepEqual(linesIn(chunks), lines);
      for (const chunk of chunks) deliver(chunk);
      await queue.close();
      assert.deepEqual(await fs.readFile(SEGMENT), damaged);
    }
  });
});
