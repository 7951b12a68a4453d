import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FaultFs } from '../../pkg/fsx/fault-fs.ts';
import { MemoryFs } from '../../test/helpers/memory-fs.ts';
import { arbitrarySteps, History, type Step } from '../../test/helpers/positions-history.ts';

/** A life that was killed, and the disk it left: two generations, and passages to repeat. */
interface Past {
  readonly life: History;
  readonly disk: MemoryFs;
}

async function livePast(steps: readonly Step[]): Promise<Past> {
  const disk = new MemoryFs();
  const life = await History.begin(disk);
  await life.run(steps);
  return { life, disk };
}

/**
 * Lives `steps` on a copy of the disk, and closes, but is killed before call number `nth`, of which a write may
 * have got some bytes out; then starts again, and once more. Returns whether it was killed at all.
 */
async function isKilledAt(nth: number, past: Past, steps: readonly Step[]): Promise<boolean> {
  const disk = past.disk.afterKill();
  const fs = new FaultFs(disk, { nth, effect: 'die', bytes: (nth * 37) % 150 });
  const life = await past.life.afterKill(fs).catch(error => {
    assert.ok(fs.isDead, error);
    return past.life;
  });
  for (const step of steps) {
    if (!fs.isDead) await life.run([step]);
  }
  if (!fs.isDead) await life.close();
  const next = await life.afterKill(disk);
  await next.run(steps.slice(0, 5));
  await next.afterKill(disk.afterKill());
  return fs.isDead;
}

describe('a store that is killed between any two calls of the file system (R13)', () => {
  it('knows what was written, repeats what was under way, and nothing is torn', async () => {
    let kills = 0;
    const property = fc.asyncProperty(arbitrarySteps(30), arbitrarySteps(30), async (before, steps) => {
      const past = await livePast(before);
      for (let nth = 1; await isKilledAt(nth, past, steps); nth++) kills++;
    });
    await fc.assert(property, { numRuns: 25 });
    assert.ok(kills > 25 * 30, `only ${kills} kills`);
  });
});
