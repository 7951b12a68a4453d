import { Dispatcher } from '../../internal/dispatcher/dispatcher.ts';
import { silentMetrics } from '../../internal/metrics/metrics.ts';
import { silentLogger } from '../../internal/selflog/logger.ts';
import { ManualClock } from '../../pkg/clock/manual-clock.ts';
import { testChunk, testStream } from '../helpers/chunks.ts';
import { NO_LETTERS } from '../helpers/no-letters.ts';
import { ScriptedSink } from '../helpers/scripted-sink.ts';
import type { BenchResult } from './bench.ts';

const PARKED = 1_000_000;
const RECORDS = 100;
const SINKS = 8;
const TICKS = 200;

/** RetryManagerV2 with a million parked records in many batches and lanes: what a tick costs, and what recovery costs. */
export async function run(): Promise<BenchResult> {
  const clock = new ManualClock();
  const sinks = Array.from({ length: SINKS }, (_, n) => new ScriptedSink(`sink${n}`));
  const dispatcher = new Dispatcher({
    ...{ bounds: { records: PARKED, bytes: 1 << 30 }, clock, checkLending: false },
    ...{ metrics: silentMetrics, logger: silentLogger },
    lanes: sinks.map(sink => ({
      ...{ sink, copyMode: 'optimized', workers: 4, retryQueueRecords: PARKED, retryQueueBytes: 1 << 30 },
      limits: { records: RECORDS, bytes: 1 << 20, timeoutMs: 1000 },
      backoff: { kind: 'linear', delayMs: 1000, maxDelayMs: 1000 },
      breaker: { failures: 1_000_000, resetMs: 1000 },
      ...{ errorStrategy: 'retry', maxRetries: 1000, overflow: 'block', keepsOrder: false },
    })),
    ...{ deadLetters: NO_LETTERS, onFailFast: () => undefined },
    onFatal: error => {
      throw error;
    },
  });
  // Every answer leaves half of the batch behind, to be parked on its own: a heap entry each.
  const rest = Uint32Array.from({ length: RECORDS / 2 }, (_, n) => n * 2);
  const word = { kind: 'rate_limited', message: 'bench' } as const;
  for (const sink of sinks) sink.respond = () => ({ kind: 'retry', failure: word, rest, afterMs: 60_000 });
  const line = 'x'.repeat(100);
  const lines = Array.from({ length: RECORDS }, () => line);
  const streams = Array.from({ length: 4 }, (_, n) => testStream({ n: String(n) }));
  for (let n = 0; n < (PARKED * 2) / RECORDS / SINKS; n++)
    await dispatcher.publish(testChunk(lines, streams[n % 4]!).chunk);
  await clock.advance(0);
  const parked = (dispatcher.status().retry_queue as { queue_size: number }).queue_size;

  const heapBefore = process.memoryUsage().heapUsed;
  const start = performance.now();
  for (let n = 0; n < TICKS; n++) await clock.advance(100);
  const tickMicros = ((performance.now() - start) * 1000) / TICKS;
  const tickBytes = (process.memoryUsage().heapUsed - heapBefore) / TICKS;
  const timers = clock.armed;

  for (const sink of sinks) sink.respond = () => ({ kind: 'delivered' });
  const recovery = performance.now();
  await clock.advance(61_000);
  const recoveryMs = performance.now() - recovery;
  const left = (dispatcher.status().retry_queue as { queue_size: number }).queue_size;
  if (left !== 0) throw new Error(`${left} records are still parked`);
  return {
    name: 'retry (RetryManagerV2)',
    figures: { parkedRecords: parked, timers, tickMicros, tickBytes: Math.max(0, tickBytes), recoveryMs },
  };
}
