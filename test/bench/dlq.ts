import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeadLetterQueue } from '../../internal/dlq/dead-letter-queue.ts';
import { silentMetrics } from '../../internal/metrics/metrics.ts';
import { silentLogger } from '../../internal/selflog/logger.ts';
import { systemClock } from '../../pkg/clock/clock.ts';
import { nodeFs } from '../../pkg/fsx/fs.ts';
import type { Batch } from '../../pkg/types/batch.ts';
import type { LetterReason } from '../../pkg/types/dead-letters.ts';
import { StreamRegistry } from '../../pkg/types/stream.ts';
import { batchOf, partOf } from '../helpers/batches.ts';
import { testChunk, testStream } from '../helpers/chunks.ts';
import { logLine } from '../helpers/log-lines.ts';
import type { BenchResult } from './bench.ts';

const CALLERS = 4;
const BATCHES = 400;
const BATCH_BYTES = 1 << 20;
const TAKE = { records: 10_000, bytes: 1 << 20 };
const REASON: LetterReason = {
  ...{
    cause: 'overflow',
    kind: 'unavailable',
    message: '503 Service Unavailable: ingester is full',
    attempts: 3,
  },
  ...{ firstAtMs: Date.now(), lastAtMs: Date.now() },
};

/**
 * What dead letters cost, on the disk of the temporary directory: four callers store batches of 1 MiB of lines of 190
 * bytes as fast as they are answered, each after a datasync; the queue starts again on what is there; everything is
 * taken out as chunks and settled.
 */
export async function run(): Promise<BenchResult> {
  const dir = await mkdtemp(join(tmpdir(), 'dlq-bench-'));
  try {
    const batch = oneBatch();
    const stored = await store(dir, batch);
    const recovered = await recover(dir);
    return { name: 'dlq', figures: { ...stored, ...recovered } };
  } finally {
    await rm(dir, { recursive: true });
  }
}

function newQueue(dir: string): DeadLetterQueue {
  return new DeadLetterQueue({
    ...{ dir, fs: nodeFs, clock: systemClock, logger: silentLogger, metrics: silentMetrics },
    config: {
      maxBytes: 8 * 2 ** 30,
      maxAgeMs: 86_400_000,
      segmentBytes: 64 << 20,
      onFull: 'block',
      replay: 'auto',
    },
    streams: new StreamRegistry(),
  });
}

function oneBatch(): Batch {
  const lines: string[] = [];
  for (let bytes = 0; bytes < BATCH_BYTES; bytes += lines.at(-1)!.length)
    lines.push(logLine('web', lines.length));
  const stream = testStream({ job: 'varlogs', host: 'web-1', filename: '/var/log/nginx/access.log' });
  return batchOf(partOf(testChunk(lines, stream).chunk));
}

async function store(dir: string, batch: Batch): Promise<Record<string, number>> {
  const queue = newQueue(dir);
  await queue.start();
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  let left = BATCHES;
  const call = async (): Promise<void> => {
    while (left-- > 0) assert.equal(await queue.store('loki', batch, REASON), 'stored');
  };
  await Promise.all(Array.from({ length: CALLERS }, call));
  const seconds = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  await queue.close();
  return {
    storeLineMbPerSecond: (BATCHES * batch.bytes) / seconds / 1e6,
    storeLetterMbPerSecond: (await bytesIn(join(dir, 'loki'))) / seconds / 1e6,
    storeLettersPerSecond: (BATCHES * batch.records) / seconds,
    storeCpuSecondsPerSecond: (user + system) / 1e6 / seconds,
  };
}

async function recover(dir: string): Promise<Record<string, number>> {
  const bytes = await bytesIn(join(dir, 'loki'));
  const queue = newQueue(dir);
  const startMs = performance.now();
  await queue.start();
  const startedMs = performance.now();
  let lineBytes = 0;
  while (queue.replayable('loki') > 0) {
    for (const chunk of await queue.take('loki', TAKE)) {
      lineBytes += chunk.lineBytes;
      chunk.receipt.settle();
      chunk.release();
    }
  }
  const takenMs = performance.now();
  await queue.close();
  return {
    recoverMbPerSecond: bytes / (startedMs - startMs) / 1000,
    takeLineMbPerSecond: lineBytes / (takenMs - startedMs) / 1000,
  };
}

async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  for (const name of await nodeFs.readdir(folder)) bytes += (await nodeFs.stat(join(folder, name))).size;
  return bytes;
}
