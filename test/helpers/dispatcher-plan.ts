import fc from 'fast-check';
import type { LaneOptions } from '../../internal/dispatcher/lane-options.ts';
import type { Whim } from './whim-sink.ts';

const LANES = 2;
const STREAMS = 5;
const MAX_CHUNK_RECORDS = 25;
/** Causes of letters that wait for a person. */
export const REFUSED = ['rejected', 'too_large'] as const;

const whim: fc.Arbitrary<Whim> = fc.record({
  kind: fc.constantFrom('deliver', 'deliver', 'deliver', 'fail', 'split', 'refuse', 'rest', 'both', 'throw'),
  picks: fc.array(fc.nat(30), { minLength: 1, maxLength: 5 }),
  delayMs: fc.constantFrom(0, 0, 0, 5, 300, 5000),
});

const lane = fc.record({
  workers: fc.integer({ min: 1, max: 3 }),
  copyMode: fc.constantFrom('safe' as const, 'optimized' as const),
  errorStrategy: fc.constantFrom('retry' as const, 'retry' as const, 'dlq' as const, 'log_continue' as const),
  overflow: fc.constantFrom('spill' as const, 'spill' as const, 'block' as const, 'drop_oldest' as const),
  maxRetries: fc.constantFrom(0, 2, 1000),
  keepsOrder: fc.boolean(),
  retryQueueRecords: fc.integer({ min: 2, max: 40 }),
  retryQueueBytes: fc.constantFrom(400, 1 << 16),
  breaker: fc.record({ failures: fc.integer({ min: 1, max: 4 }), resetMs: fc.constant(2000) }),
  limits: fc.record({
    records: fc.integer({ min: 2, max: 12 }),
    bytes: fc.constantFrom(40, 1 << 16),
    timeoutMs: fc.constant(500),
  }),
});

const step = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      publish: fc.integer({ min: 1, max: MAX_CHUNK_RECORDS }),
      stream: fc.nat(STREAMS),
    }),
  },
  { weight: 6, arbitrary: fc.record({ advanceMs: fc.constantFrom(0, 1, 50, 400, 3000, 15_000) }) },
  { weight: 3, arbitrary: fc.record({ sink: fc.nat(LANES - 1), isDown: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ sink: fc.nat(LANES - 1), workers: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 2, arbitrary: fc.record({ isDiskFull: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ copyMode: fc.constantFrom('safe' as const, 'optimized' as const) }) },
  { weight: 1, arbitrary: fc.record({ replay: fc.constantFrom(...REFUSED) }) },
  { weight: 1, arbitrary: fc.record({ restartWithinMs: fc.constantFrom(0, 100, 20_000) }) },
);

export type HistoryStep = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** The lanes of a dispatcher, how their sinks answer, and what happens. */
export interface HistoryPlan {
  readonly lanes: readonly Partial<LaneOptions>[];
  readonly queueRecords: number;
  readonly dlqMaxBytes: number;
  readonly whims: readonly Whim[];
  readonly steps: readonly HistoryStep[];
}

export const historyPlan: fc.Arbitrary<HistoryPlan> = fc.record({
  lanes: fc.tuple(lane, lane),
  queueRecords: fc.integer({ min: MAX_CHUNK_RECORDS, max: 80 }),
  dlqMaxBytes: fc.constantFrom(1 << 30, 1 << 30, 4000),
  whims: fc.array(whim, { maxLength: 40, size: 'max' }),
  steps: fc.array(step, { minLength: 1, maxLength: 30, size: 'max' }),
});

/**
 * Whether nothing but a refusal takes a line out of its order. Where the number of slots changes while letters wait, lines
 * in memory may come after them.
 */
export function isOrdered({ lanes, steps }: HistoryPlan, sink: number): boolean {
  const { keepsOrder, errorStrategy, overflow, maxRetries } = lanes[sink]!;
  if (steps.some(each => 'workers' in each && each.sink === sink)) return false;
  return keepsOrder! && errorStrategy === 'retry' && overflow !== 'drop_oldest' && maxRetries! >= 1000;
}
