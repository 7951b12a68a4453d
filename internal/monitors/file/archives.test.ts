import assert from 'node:assert/strict';
import { appendFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { describe, it, type TestContext } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { systemClock } from '../../../pkg/clock/clock.ts';
import { type FileRig, fileRig, numbered, numberedLines } from '../../../test/helpers/file-monitor-rig.ts';
import { RecordingLogger } from '../../../test/helpers/recording-logger.ts';
import type { FileMonitorOptions } from './file-monitor.ts';

const FORMATS = [
  ['gz', gzipSync],
  ['zst', zstdCompressSync],
] as const;
const BEFORE = new Date('2026-11-21T10:00:00Z');

function reading(t: TestContext, options: Partial<FileMonitorOptions> = {}): Promise<FileRig> {
  return fileRig(t, { paths: ['app.log*'], compressed: 'read' }, options);
}

/** Puts an archive in place as gzip does: whole, and with the time of what was compressed. */
async function pack(rig: FileRig, name: string, bytes: Uint8Array): Promise<void> {
  await writeFile(rig.path('new'), bytes);
  await utimes(rig.path('new'), BEFORE, BEFORE);
  await rename(rig.path('new'), rig.path(name));
}

/** Rotates `app.log` away and compresses it, while `text` is in it. */
async function rotate(
  rig: FileRig,
  suffix: string,
  compress: (data: Buffer) => Buffer,
  text: string,
): Promise<void> {
  await rename(rig.path('app.log'), rig.path('app.log.1'));
  await pack(rig, `app.log.1.${suffix}`, compress(Buffer.from(text)));
  await rm(rig.path('app.log.1'));
}

describe('compressed files (F6)', () => {
  it('are skipped by default, whatever their name, and read when they become text', async t => {
    const rig = await fileRig(t, { paths: ['app.log*'] });
    await writeFile(rig.path('app.log.gz'), gzipSync(numbered(0, 10)));
    for (const [suffix, compress] of FORMATS) {
      await writeFile(rig.path(`app.log-${suffix}`), compress(Buffer.from(numbered(0, 10))));
    }
    await rig.start();
    await writeFile(rig.path('app.log'), numbered(10, 20));
    await appendFile(rig.path('app.log-gz'), `\n${gzipSync('more')}\n`);
    await rig.publisher.untilRecords(10);
    await rig.kill();
    await rig.start();
    await writeFile(rig.path('app.log-zst'), numbered(20, 25));
    await rig.publisher.untilRecords(15);
    assert.deepEqual(rig.publisher.lines, numberedLines(10, 25));
  });

  it('that were never seen plain are read once, also across a restart', async t => {
    const rig = await reading(t);
    await pack(
      rig,
      'app.log.1.gz',
      Buffer.concat([gzipSync(numbered(0, 50_000)), gzipSync(numbered(50_000, 60_000))]),
    );
    await pack(
      rig,
      'app.log.2.zst',
      Buffer.concat([zstdCompressSync(numbered(0, 10)), zstdCompressSync('the end')]),
    );
    await rig.start();
    await rig.publisher.untilRecords(60_011);
    await rig.kill();
    await rig.start();
    await writeFile(rig.path('app.log'), 'last\n');
    await rig.publisher.untilRecords(60_012);
    const byFile = Object.groupBy(rig.publisher.records, ({ labels }) => labels.filename!);
    const texts = (name: string): string[] => byFile[rig.path(name)]!.map(({ text }) => text);
    assert.deepEqual(texts('app.log.1.gz'), numberedLines(0, 60_000));
    assert.deepEqual(texts('app.log.2.zst'), [...numberedLines(0, 10), 'the end']);
  });

  for (const [suffix, compress] of FORMATS) {
    it(`give the rest of a file that was rotated while the agent was down (${suffix})`, async t => {
      const rig = await reading(t);
      await writeFile(rig.path('app.log'), numbered(0, 1000));
      await rig.start();
      await rig.publisher.untilRecords(1000);
      await rig.kill();
      await rotate(rig, suffix, compress, numbered(0, 3000));
      await writeFile(rig.path('app.log'), numbered(3000, 3010));
      await rig.start();
      await rig.publisher.untilRecords(3010);
      assert.deepEqual(rig.publisher.lines, numberedLines(0, 3010));
      assert.ok(rig.publisher.records.every(({ labels }) => labels.filename === rig.path('app.log')));
    });
  }

  it('give again what was under way, just as it was', async t => {
    const rig = await reading(t);
    rig.publisher.settles = false;
    await writeFile(rig.path('app.log'), numbered(0, 1000));
    await rig.start();
    await rig.publisher.untilRecords(1000);
    const before = rig.publisher.records.splice(0);
    await rig.kill();
    await rotate(rig, 'gz', gzipSync, numbered(0, 1500));
    await rig.start();
    await rig.publisher.untilRecords(1500);
    assert.deepEqual(rig.publisher.records.slice(0, 1000), before);
    assert.deepEqual(rig.publisher.lines, numberedLines(0, 1500));
  });

  it('give nothing twice of a file that was read before it was compressed', async t => {
    const rig = await reading(t);
    await writeFile(rig.path('app.log'), numbered(0, 100));
    await rig.start();
    for (let i = 1; i < 6; i++) {
      await rig.publisher.untilRecords(i * 100);
      await rotate(rig, 'gz', gzipSync, numbered((i - 1) * 100, i * 100));
      await rename(rig.path('app.log.1.gz'), rig.path(`app.log.${i + 1}.gz`));
      await writeFile(rig.path('app.log'), numbered(i * 100, (i + 1) * 100));
    }
    await rig.publisher.untilRecords(600);
    await rig.kill();
    await rig.start();
    await appendFile(rig.path('app.log'), 'last\n');
    await rig.publisher.untilRecords(601);
    assert.deepEqual(rig.publisher.lines, [...numberedLines(0, 600), 'last']);
  });

  it('give a file that was renamed, and compressed before anything of it was read', async t => {
    for (const paths of [['app.log'], ['app.log*']]) {
      const rig = await fileRig(t, { paths, compressed: 'read' });
      await writeFile(rig.path('app.log'), '');
      await rig.start();
      await rig.kill();
      await appendFile(rig.path('app.log'), numbered(0, 10));
      await rename(rig.path('app.log'), rig.path('app.log.1'));
      await writeFile(rig.path('app.log'), '');
      // It is seen under its new name, and the agent is gone before it reads.
      await rig.start();
      await rig.kill();
      await pack(rig, 'app.log.1.gz', gzipSync(numbered(0, 10)));
      await rm(rig.path('app.log.1'));
      await rig.start();
      await rig.publisher.untilRecords(10);
      assert.deepEqual([...new Set(rig.publisher.lines)], numberedLines(0, 10));
    }
  });

  it('are read although what they were made of is kept beside them, where nobody reads that', async t => {
    const clock = { ...systemClock, now: () => Date.now() + 60_000 };
    const rig = await fileRig(t, { paths: ['*.gz'], compressed: 'read' }, { clock });
    await pack(rig, 'first.gz', gzipSync(numbered(0, 10)));
    await rig.start();
    await rig.publisher.untilRecords(10);
    await writeFile(rig.path('app.log'), numbered(10, 20));
    await pack(rig, 'app.log.gz', gzipSync(numbered(10, 20)));
    await rig.publisher.untilRecords(20);
    assert.deepEqual(rig.publisher.lines, numberedLines(0, 20));
  });

  it('of which nothing is to be read are left alone when those before them in line were read', async t => {
    // All of it is older than the source.
    const clock = { ...systemClock, now: () => Date.now() + 1000 };
    const rig = await fileRig(t, { paths: ['app.log*'], compressed: 'read', startAt: 'end' }, { clock });
    await writeFile(rig.path('app.log.2'), numbered(0, 10));
    await utimes(rig.path('app.log.2'), 0, 0);
    await pack(rig, 'app.log.1.gz', gzipSync(numbered(10, 20)));
    await writeFile(rig.path('app.log'), numbered(20, 30));
    await rig.start();
    await rig.kill();
    await appendFile(rig.path('app.log.2'), 'late\n');
    await appendFile(rig.path('app.log'), 'last\n');
    await rig.start();
    await rig.publisher.untilRecords(2);
    await appendFile(rig.path('app.log'), 'after it\n');
    await rig.publisher.untilRecords(3);
    assert.deepEqual(rig.publisher.lines, ['late', 'last', 'after it']);
  });

  it('that are damaged give what is whole, and are reported once', async t => {
    const logger = new RecordingLogger();
    const rig = await reading(t, { logger });
    const bytes = gzipSync(numbered(0, 100_000));
    await pack(rig, 'app.log.1.gz', bytes.fill(0xff, bytes.length - 5000, bytes.length - 4000));
    await writeFile(rig.path('app.log'), 'last\n');
    await rig.start();
    await rig.publisher.until(() => rig.publisher.lines.includes('last'));
    while (logger.count('file.damaged') === 0) await new Promise(resolve => setImmediate(resolve));
    const fromArchive = rig.publisher.lines.filter(line => line !== 'last');
    assert.ok(fromArchive.length > 10_000);
    assert.deepEqual(fromArchive.slice(0, -1), numberedLines(0, fromArchive.length - 1));
    assert.equal(logger.count('file.damaged'), 1);
  });
});
