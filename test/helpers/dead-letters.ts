import { DeadLetterQueue, type DeadLetterQueueOptions } from '../../internal/dlq/dead-letter-queue.ts';
import type { DlqConfig } from '../../internal/dlq/spec.ts';
import { MetricsRegistry } from '../../internal/metrics/registry.ts';
import { silentLogger } from '../../internal/selflog/logger.ts';
import { ManualClock } from '../../pkg/clock/manual-clock.ts';
import type { Fs } from '../../pkg/fsx/fs.ts';
import type { Processes } from '../../pkg/lock/processes.ts';
import type { Batch } from '../../pkg/types/batch.ts';
import type { Chunk } from '../../pkg/types/chunk.ts';
import type { LetterReason } from '../../pkg/types/dead-letters.ts';
import { StreamRegistry } from '../../pkg/types/stream.ts';
import { batchOf, partOf } from './batches.ts';
import { linesOf, testChunk, testStream } from './chunks.ts';

export const DLQ_DIR = '/state/dlq';
export const NOW_MS = 1_700_000_000_000;
export const ALL = { records: 1_000_000, bytes: 1 << 30 };

const CONFIG: DlqConfig = {
  maxBytes: 1 << 30,
  maxAgeMs: 7 * 86_400_000,
  segmentBytes: 64 << 20,
  onFull: 'block',
  replay: 'auto',
};

/** A process as locks see it: all others are dead. */
export function newProcess(pid: number): Processes {
  const self = { pid, started: '' };
  return { self: async () => self, isAlive: async holder => holder.pid === pid };
}

export interface TestQueue {
  readonly queue: DeadLetterQueue;
  readonly clock: ManualClock;
  readonly metrics: MetricsRegistry;
}

let processes = 0;

/** A queue that has not been started, as a new process would make it. */
export function newQueue(
  fs: Fs,
  config: Partial<DlqConfig> = {},
  parts: Partial<DeadLetterQueueOptions> = {},
): TestQueue {
  const clock = new ManualClock(NOW_MS);
  const metrics = new MetricsRegistry();
  const queue = new DeadLetterQueue({
    ...{ dir: DLQ_DIR, fs, clock, metrics, logger: silentLogger, streams: new StreamRegistry() },
    config: { ...CONFIG, ...config },
    processes: newProcess(++processes),
    ...parts,
  });
  return { queue, clock, metrics };
}

export async function startQueue(fs: Fs, config: Partial<DlqConfig> = {}): Promise<TestQueue> {
  const test = newQueue(fs, config);
  await test.queue.start();
  return test;
}

export function reasonOf(cause: LetterReason['cause'], atMs = NOW_MS): LetterReason {
  return {
    cause,
    attempts: 3,
    firstAtMs: atMs - 1000,
    lastAtMs: atMs,
    kind: 'unavailable',
    message: 'it said "no"',
  };
}

export function batchOfLines(
  lines: readonly string[],
  labels: Record<string, string> = { job: 'test' },
): Batch {
  return batchOf(partOf(testChunk(lines, testStream(labels)).chunk));
}

/** The lines of chunks, in order. */
export function linesIn(chunks: readonly Chunk[]): string[] {
  return chunks.flatMap(chunk => linesOf(partOf(chunk)));
}

/** What a lane does with a chunk whose lines are all delivered. */
export function deliver(chunk: Chunk): void {
  chunk.receipt.expect(1);
  chunk.receipt.settle();
  chunk.release();
}
