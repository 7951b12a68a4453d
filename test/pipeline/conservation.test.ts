import { it } from 'node:test';
import fc from 'fast-check';
import { DispatcherHistory } from '../helpers/dispatcher-history.ts';
import { historyPlan } from '../helpers/dispatcher-plan.ts';

it('whatever sinks, disk and operator do: books balance, bounds hold, and every line ends once (I3)', async () => {
  await fc.assert(
    fc.asyncProperty(historyPlan, plan => new DispatcherHistory(plan).run()),
    { numRuns: 1500 },
  );
});
