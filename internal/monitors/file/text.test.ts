import assert from 'node:assert/strict';
import { appendFile, rename, truncate, writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { ManualClock } from '../../../pkg/clock/manual-clock.ts';
import { fileRig, numbered, numberedLines } from '../../../test/helpers/file-monitor-rig.ts';
import { MetricsRegistry } from '../../metrics/registry.ts';

const MIB = 1024 * 1024;
const DATED = { start: '^\\d\\d ', preset: undefined, maxLines: 500, maxBytes: 64 * 1024, timeoutMs: 1000 };

describe('FileMonitor and encodings', () => {
  it('goes on in the middle of a UTF-16 file, across restarts and half characters (F10)', async t => {
    for (const encoding of ['utf-16le', 'utf-16be']) {
      const rig = await fileRig(t, { encoding });
      const encode = (text: string): Buffer => {
        const bytes = Buffer.from(text, 'utf16le');
        return encoding === 'utf-16le' ? bytes : bytes.swap16();
      };
      const all = encode(`\ufeff${numbered(0, 100)}\ufefflast 😀\u0a0a\n`);
      await writeFile(rig.path('a.log'), all.subarray(0, 333));
      await rig.start();
      await rig.publisher.untilRecords(15);
      await rig.kill();
      await appendFile(rig.path('a.log'), all.subarray(333, all.length - 5));
      await rig.start();
      await rig.publisher.untilRecords(100);
      await appendFile(rig.path('a.log'), all.subarray(all.length - 5));
      await rig.publisher.untilRecords(101);
      assert.deepEqual(rig.publisher.lines, [...numberedLines(0, 100), '\ufefflast 😀\u0a0a']);
    }
  });

  it('starts behind the last newline of a UTF-16 file', async t => {
    const rig = await fileRig(t, { encoding: 'utf-16be', startAt: 'end' });
    const encode = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();
    // The last but one character has a byte 10 behind a byte 0 that is not its own.
    await writeFile(rig.path('a.log'), encode('old\nĀ\u0a41'));
    await rig.start();
    await appendFile(rig.path('a.log'), encode('new\n'));
    await rig.publisher.untilRecords(1);
    assert.deepEqual(rig.publisher.lines, ['Ā\u0a41new']);
  });

  it('skips what a power cut left, in bounded memory, and counts it', async t => {
    const metrics = new MetricsRegistry();
    const rig = await fileRig(t, {}, { metrics });
    await writeFile(rig.path('a.log'), 'one\ntw');
    await truncate(rig.path('a.log'), 100 * MIB);
    await appendFile(rig.path('a.log'), 'three\n\0\0four\n');
    await rig.start();
    await rig.publisher.untilRecords(4);
    assert.deepEqual(rig.publisher.lines, ['one', 'tw', 'three', '\0\0four']);
    assert.equal(metrics.value('logs_lost_bytes_total', { source: 'test', reason: 'nul' }), 100 * MIB - 6);
  });
});

describe('FileMonitor and records of several lines (F11)', () => {
  it('sends the last one when it has waited long enough', async t => {
    const clock = new ManualClock();
    const rig = await fileRig(t, { multiline: DATED }, { clock });
    await writeFile(rig.path('a.log'), '01 a\n  b\n02 c\n');
    await rig.start();
    await rig.publisher.untilRecords(1);
    await appendFile(rig.path('a.log'), '  d\n');
    for (let i = 0; i < 5; i++) await clock.advance(100);
    assert.deepEqual(rig.publisher.lines, ['01 a\n  b']);
    while (rig.publisher.records.length < 2) await clock.advance(100);
    assert.deepEqual(rig.publisher.lines, ['01 a\n  b', '02 c\n  d']);
  });

  it('sends the last one of a file that is rotated, before what comes after it', async t => {
    const rig = await fileRig(t, { multiline: { ...DATED, timeoutMs: 100 } });
    await writeFile(rig.path('a.log'), '01 a\n  b\n');
    await rig.start();
    await rename(rig.path('a.log'), rig.path('a.log.1'));
    await writeFile(rig.path('a.log'), '  c\n02 d\n03 e\n');
    await rig.publisher.untilRecords(4);
    assert.deepEqual(rig.publisher.lines, ['01 a\n  b', '  c', '02 d', '03 e']);
  });

  it('reads an open one again as a whole after a restart', async t => {
    const clock = new ManualClock();
    const rig = await fileRig(t, { multiline: DATED }, { clock });
    await writeFile(rig.path('a.log'), '01 a\n02 b\n  c\n');
    await rig.start();
    await rig.publisher.untilRecords(1);
    await rig.kill();
    await appendFile(rig.path('a.log'), '  d\n03 e\n');
    await rig.start();
    await rig.publisher.untilRecords(2);
    assert.deepEqual(rig.publisher.lines, ['01 a', '02 b\n  c\n  d']);
  });

  it('sends again what was under way just as it was', async t => {
    const rig = await fileRig(t, { multiline: { ...DATED, timeoutMs: 50 } });
    rig.publisher.settles = false;
    await writeFile(rig.path('a.log'), '01 a\n  b\n02 c\n  d\n');
    await rig.start();
    await rig.publisher.untilRecords(2);
    const before = rig.publisher.records.splice(0);
    await rig.kill();
    await appendFile(rig.path('a.log'), '  late\n03 e\n04 f\n');
    await rig.start();
    await rig.publisher.untilRecords(4);
    assert.deepEqual(rig.publisher.records.slice(0, 2), before);
    assert.deepEqual(rig.publisher.lines.slice(2, 4), ['  late', '03 e']);
  });
});
