import { it } from 'node:test';
import fc from 'fast-check';
import { DispatcherHistory } from '../helpers/dispatcher-history.ts';
import { type HistoryPlan, historyPlan } from '../helpers/dispatcher-plan.ts';

/** Found by a run of the property: what a slot's later lines waited for went to disk with others. Its last line stalled. */
const RESTS_ON_DISK: HistoryPlan = {
  lanes: [2, 6].map((records, n) => ({
    ...{ workers: 1, copyMode: 'safe', errorStrategy: 'retry', overflow: 'spill', maxRetries: 0 },
    ...{ keepsOrder: n === 1, retryQueueRecords: 2, retryQueueBytes: 400 },
    ...{ breaker: { failures: 1, resetMs: 2000 }, limits: { records, bytes: 20 << records, timeoutMs: 500 } },
  })),
  queueRecords: 25,
  dlqMaxBytes: 4000,
  whims: [0, 0, 5000, 0, 0, 5, 0, 0, 5].map((delayMs, n) => ({
    ...{ kind: n < 7 ? 'deliver' : 'rest', picks: [0], delayMs },
  })),
  steps: [...[18, 8, 5, 21].map(publish => ({ publish, stream: 0 })), { sink: 1, workers: 1 }],
};

/** Found likewise: a rest and what the disk gave back, which was read before it, waited for each other. */
const OLDER_THAN_A_REST: HistoryPlan = {
  ...RESTS_ON_DISK,
  lanes: RESTS_ON_DISK.lanes.map((lane, n) => ({
    ...lane,
    limits: { records: n === 0 ? 2 : 5, bytes: 40, timeoutMs: 500 },
  })),
  whims: (['deliver', 'deliver', 'deliver', 'deliver', 'throw', 'deliver', 'rest', 'both'] as const).map(
    kind => ({
      ...{ kind, picks: [0], delayMs: kind === 'both' ? 300 : 0 },
    }),
  ),
  steps: [17, 8].map(publish => ({ publish, stream: 0 })),
};

/** Found likewise: letters that came while others were still being given back by a full disk were stored before them. */
const PAST_WHAT_GOES_BACK: HistoryPlan = {
  ...OLDER_THAN_A_REST,
  lanes: [1, 3].map(workers => ({
    ...OLDER_THAN_A_REST.lanes[0],
    ...{ workers, keepsOrder: workers === 3, maxRetries: workers === 3 ? 1000 : 0 },
    limits: { records: workers === 3 ? 3 : 2, bytes: 40, timeoutMs: 500 },
  })),
  queueRecords: 42,
  whims: [],
  steps: [
    { sink: 1, isDown: true },
    ...[8, -7, 4, 21, 21, -7, 22].map(n => ({ publish: Math.abs(n), stream: n < 0 ? 2 : 0 })),
    { advanceMs: 15_000 },
  ],
};

it('whatever sinks, disk and operator do: books balance, bounds hold, and every line ends once (I3)', async () => {
  await fc.assert(
    fc.asyncProperty(historyPlan, plan => new DispatcherHistory(plan).run()),
    { numRuns: 1500, examples: [[RESTS_ON_DISK], [OLDER_THAN_A_REST], [PAST_WHAT_GOES_BACK]] },
  );
});
