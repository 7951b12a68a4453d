import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FaultFs, type FsCallKind } from '../../pkg/fsx/fault-fs.ts';
import { arbitrarySteps, History, type Step } from '../../test/helpers/dead-letter-history.ts';
import { MemoryFs } from '../../test/helpers/memory-fs.ts';

/** Lives `steps`, killed before call number `nth`; starts again after the kill, and after a loss of power. */
async function isKilledAt(nth: number, steps: readonly Step[]): Promise<boolean> {
  const disk = new MemoryFs();
  const fs = new FaultFs(disk, { nth, effect: 'die', bytes: (nth * 37) % 500 });
  const life = await History.begin(disk, fs).catch(error => {
    if (!fs.isDead) throw error;
    return undefined;
  });
  if (life === undefined) return true;
  await life.run(steps, () => !fs.isDead, false);
  if (!fs.isDead) await life.end().catch(error => assert.ok(fs.isDead, error));
  const twin = life.twin();
  await life.startAgain(disk.afterKill());
  await twin.startAgain(disk.afterPowerCut());
  await life.end();
  await twin.end();
  return fs.isDead;
}

function without(steps: readonly Step[], ...kinds: readonly Step['kind'][]): Step[] {
  return steps.filter(({ kind }) => !kinds.includes(kind));
}

/** Steps that stay on one disk. */
const oneLife = (maxLength: number): fc.Arbitrary<Step[]> =>
  arbitrarySteps(maxLength).map(steps => without(steps, 'restart', 'kill', 'powerCut'));

describe('dead letters over random histories', () => {
  it('are those of the model, through restarts, kills and losses of power', async () => {
    const property = fc.asyncProperty(arbitrarySteps(20), async steps => {
      const life = await History.begin(new MemoryFs());
      await life.run(steps);
      await life.end();
    });
    await fc.assert(property, { numRuns: 1000 });
  });

  it('are there when they were said to be stored, killed between any two calls of the file system (R13)', async () => {
    let kills = 0;
    const property = fc.asyncProperty(oneLife(12), async steps => {
      for (let nth = 1; await isKilledAt(nth, steps); nth++) kills++;
    });
    await fc.assert(property, { numRuns: 20 });
    assert.ok(kills > 500, `only ${kills} kills`);
  });

  it('are there when they were said to be stored, whatever call fails, and however often', async () => {
    const kinds: FsCallKind[] = [
      'open',
      'write',
      'datasync',
      'sync',
      'truncate',
      'close',
      'unlink',
      'read',
      'mkdir',
    ];
    const fault = fc.record({
      kind: fc.constantFrom(...kinds),
      nth: fc.integer({ min: 3, max: 30 }),
      effect: fc.constant('fail' as const),
      code: fc.constantFrom('ENOSPC' as const, 'EIO' as const),
      times: fc.constantFrom(1, 2, 50),
    });
    const short = fc.record({
      kind: fc.constant('write' as const),
      nth: fc.nat(20),
      effect: fc.constant('short' as const),
      bytes: fc.integer({ min: 1, max: 400 }),
    });
    const property = fc.asyncProperty(oneLife(15), fc.oneof(fault, short), async (steps, broken) => {
      const disk = new MemoryFs();
      const fs = new FaultFs(disk, broken);
      const life = await History.begin(disk, fs).catch(() => undefined);
      if (life === undefined) return;
      // What a person's order did before it failed is not known.
      await life.run(without(steps, 'replay', 'purge'), () => true, false);
      fs.heal();
      await life.startAgain(disk.afterPowerCut());
      await life.end();
    });
    await fc.assert(property, { numRuns: 700 });
  });
});
