import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Dispatcher } from '../../internal/dispatcher/dispatcher.ts';
import type { CopyMode, LaneOptions } from '../../internal/dispatcher/lane-options.ts';
import { silentMetrics } from '../../internal/metrics/metrics.ts';
import { silentLogger } from '../../internal/selflog/logger.ts';
import { systemClock } from '../../pkg/clock/clock.ts';
import { Chunk } from '../../pkg/types/chunk.ts';
import { LabelsCOW } from '../../pkg/types/labels-cow.ts';
import { DELIVERED } from '../../pkg/types/outcome.ts';
import type { Sink } from '../../pkg/types/ports.ts';
import { Stream } from '../../pkg/types/stream.ts';
import { logLine } from '../helpers/log-lines.ts';
import { NO_LETTERS } from '../helpers/no-letters.ts';
import type { BenchResult } from './bench.ts';

const RECORDS = 1000;
const BATCHES = 2000;
const SINKS = 3;
/** Batches between two looks at the memory: few enough that nothing is collected in between. */
const GROUP = 5;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** The reference's BatchProcessor benchmark: what one batch costs on its way to three sinks, safe and optimized. */
export async function run(): Promise<BenchResult> {
  const safe = await measure('safe');
  const optimized = await measure('optimized');
  return {
    name: `copy-modes (${SINKS} sinks, ${RECORDS} records a batch)`,
    figures: {
      safeBytesPerBatch: Math.round(safe.bytesPerBatch),
      optimizedBytesPerBatch: Math.round(optimized.bytesPerBatch),
      fewerBytesPercent: 100 * (1 - optimized.bytesPerBatch / safe.bytesPerBatch),
      safeMicrosPerBatch: safe.microsPerBatch,
      optimizedMicrosPerBatch: optimized.microsPerBatch,
    },
  };
}

async function measure(copyMode: CopyMode): Promise<{ bytesPerBatch: number; microsPerBatch: number }> {
  const dispatcher = new Dispatcher({
    ...{ bounds: { records: 50_000, bytes: 64 << 20 }, checkLending: false },
    lanes: Array.from({ length: SINKS }, (_, n) => laneOptions(countingSink(`sink${n}`), copyMode)),
    ...{ clock: systemClock, metrics: silentMetrics, logger: silentLogger },
    ...{ deadLetters: NO_LETTERS, onFailFast: () => undefined },
    onFatal: error => {
      throw error;
    },
  });
  const make = chunkMaker();
  for (let n = 0; n < 500; n++) await dispatcher.publish(make());
  const start = performance.now();
  for (let n = 0; n < BATCHES; n++) await dispatcher.publish(make());
  const microsPerBatch = ((performance.now() - start) * 1000) / BATCHES;
  const groups: number[] = [];
  for (let n = 0; n < 20; n++) groups.push(await allocatedBytes(() => publishGroup(dispatcher, make)));
  await dispatcher.close();
  const bytesPerBatch = median(groups) / GROUP;
  return { bytesPerBatch, microsPerBatch };
}

async function publishGroup(dispatcher: Dispatcher, make: () => Chunk): Promise<void> {
  for (let n = 0; n < GROUP; n++) await dispatcher.publish(make());
}

/** Bytes that `work` allocates, on the heap and in buffers; it is short, so that no collection comes in between. */
async function allocatedBytes(work: () => Promise<void>): Promise<number> {
  collectGarbage();
  const before = process.memoryUsage();
  await work();
  const after = process.memoryUsage();
  return after.heapUsed - before.heapUsed + after.arrayBuffers - before.arrayBuffers;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >>> 1]!;
}

function chunkMaker(): () => Chunk {
  const stream = new Stream(LabelsCOW.from({ job: 'bench', host: 'web-1', filename: '/var/log/app.log' }));
  const lines = Array.from({ length: RECORDS }, (_, n) => logLine('app', n));
  const bytes = Buffer.from(`${lines.join('\n')}\n`);
  const spans = new Uint32Array(RECORDS * 2);
  let at = 0;
  lines.forEach((line, n) => {
    spans.set([at, at + line.length], n * 2);
    at += line.length + 1;
  });
  const receipt = { expect: () => undefined, settle: () => undefined };
  const common = { origin: { monitor: 'file', source: 'bench' }, stream, bytes, spans, receipt } as const;
  return () => new Chunk({ ...common, base: stream.takeTimes(RECORDS, Date.now()), readAtMs: Date.now() });
}

function countingSink(name: string): Sink {
  return {
    name,
    start: async () => undefined,
    close: async () => undefined,
    health: () => ({ status: 'ok', sinceMs: 0 }),
    send: async () => DELIVERED,
  };
}

function laneOptions(sink: Sink, copyMode: CopyMode): LaneOptions {
  return {
    ...{ sink, copyMode, workers: 1, retryQueueRecords: 5000, retryQueueBytes: 32 << 20 },
    limits: { records: RECORDS, bytes: 1 << 20, timeoutMs: 1000 },
    backoff: { kind: 'exponential', delayMs: 1000, maxDelayMs: 30_000 },
    breaker: { failures: 5, resetMs: 10_000 },
    ...{ errorStrategy: 'retry', maxRetries: 3, overflow: 'block', keepsOrder: false },
  };
}
