import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MemoryFs } from '../../test/helpers/memory-fs.ts';
import { arbitrarySteps, History } from '../../test/helpers/positions-history.ts';

const lives = fc.array(arbitrarySteps(40), { minLength: 2, maxLength: 5 });

describe('a store that is started again', () => {
  it('knows all of it after it was closed', async () => {
    await fc.assert(
      fc.asyncProperty(lives, async ([first = [], ...later]) => {
        const fs = new MemoryFs();
        let life = await History.begin(fs);
        await life.run(first);
        for (const steps of later) {
          await life.close();
          life = await life.afterKill(fs);
          await life.run(steps);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('goes back by nothing that was written, and repeats what was under way, after a kill', async () => {
    await fc.assert(
      fc.asyncProperty(lives, async ([first = [], ...later]) => {
        let fs = new MemoryFs();
        let life = await History.begin(fs);
        await life.run(first);
        for (const steps of later) {
          fs = fs.afterKill();
          life = await life.afterKill(fs);
          await life.run(steps);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('goes back by nothing that was synced after a loss of power', async () => {
    await fc.assert(
      fc.asyncProperty(lives, async ([first = [], ...later]) => {
        let fs = new MemoryFs();
        let life = await History.begin(fs);
        await life.run(first);
        for (const steps of later) {
          fs = fs.afterPowerCut();
          life = await life.afterPowerCut(fs);
          await life.run(steps);
        }
      }),
      { numRuns: 500 },
    );
  });
});
