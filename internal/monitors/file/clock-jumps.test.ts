import assert from 'node:assert/strict';
import { appendFile, rename, writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { ManualClock } from '../../../pkg/clock/manual-clock.ts';
import { fileRig, numbered, numberedLines } from '../../../test/helpers/file-monitor-rig.ts';

const HOUR_MS = 3_600_000;

describe('FileMonitor when the clock jumps (F20)', () => {
  it('an hour back and forth: every line once, times never go back, and no busy loop', async t => {
    const clock = new ManualClock(Date.now());
    const rig = await fileRig(t, { paths: ['app.log*'] }, { clock });
    await writeFile(rig.path('app.log'), '');
    await rig.start();
    for (const [n, jumpMs] of [HOUR_MS, -HOUR_MS, -HOUR_MS, HOUR_MS].entries()) {
      clock.jumpWall(jumpMs);
      await appendFile(rig.path('app.log'), numbered(n * 10, n * 10 + 10));
      while (rig.publisher.records.length < n * 10 + 10) await clock.advance(50);
      if (n % 2 === 1) {
        await rename(rig.path('app.log'), rig.path(`app.log.${n}`));
        await writeFile(rig.path('app.log'), '');
      }
    }
    assert.deepEqual(rig.publisher.lines, numberedLines(0, 40));
    const times = rig.publisher.records.map(({ time }) => time.sec * 1e9 + time.nanos);
    assert.ok(times.every((time, i) => i === 0 || time >= times[i - 1]!));
    while (clock.armed > 0) await clock.advance(10_000);
  });
});
