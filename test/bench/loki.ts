import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { LokiSink } from '../../internal/sinks/loki/sink.ts';
import { systemClock } from '../../pkg/clock/clock.ts';
import type { Batch } from '../../pkg/types/batch.ts';
import { batchOf, partOf } from '../helpers/batches.ts';
import { testChunk, testStream } from '../helpers/chunks.ts';
import { logLine } from '../helpers/log-lines.ts';
import { makeLokiSink } from '../helpers/loki-sink.ts';
import { tlsFile } from '../helpers/tls-files.ts';
import type { BenchResult } from './bench.ts';
import { type BenchScope, withScope } from './scope.ts';

const BATCH_BYTES = 1 << 20;
const LINE_BYTES = 190;
/** Different batches, so that the processor cannot learn one by heart. */
const BATCHES = 8;
const WORKERS = 4;
const MEASURE_MS = 2000;
const STREAMS = [1, 100, 5000];

/** Each stream is as fast as it can be: Loki would not take so much of one. */
const UNGUARDED = { max_stream_rate: 0 };

/** The Loki sink alone, against a server in another process that reads and forgets. */
export async function run(): Promise<BenchResult> {
  const figures: Record<string, number> = {};
  await withScope(async scope => {
    const servers = await startServers(scope);
    for (const streams of STREAMS) {
      const batches = Array.from({ length: BATCHES }, (_, n) => makeBatch(streams, n));
      for (const encoding of ['protobuf', 'json'] as const)
        for (const scheme of ['http', 'https'] as const) {
          const tls = scheme === 'https' ? { tls: { ca: tlsFile('authority.pem') } } : {};
          const config = { url: servers[scheme], encoding, ...UNGUARDED, ...tls };
          const sink = makeLokiSink(config, { clock: systemClock }, WORKERS);
          await sink.start();
          const { mbPerSecond, mbPerCpuSecond } = await measure(sink, batches);
          figures[`${encoding}, ${streams} streams, ${scheme}: MB/s`] = mbPerSecond;
          figures[`${encoding}, ${streams} streams, ${scheme}: MB per CPU-second`] = mbPerCpuSecond;
          await sink.close();
        }
    }
  });
  return { name: `loki (the sink alone, batches of 1 MiB, ${LINE_BYTES}-byte lines)`, figures };
}

async function measure(sink: LokiSink, batches: readonly Batch[]) {
  const { signal } = new AbortController();
  let bytes = 0;
  let endMs = performance.now() + MEASURE_MS / 4;
  const worker = async (first: number): Promise<void> => {
    for (let n = first; performance.now() < endMs; n++) {
      const batch = batches[n % batches.length]!;
      const outcome = await sink.send(batch, signal);
      if (outcome.kind !== 'delivered') throw new Error(JSON.stringify(outcome));
      bytes += batch.bytes;
    }
  };
  const workers = () => Promise.all(Array.from({ length: WORKERS }, (_, n) => worker(n)));
  await workers();
  bytes = 0;
  const startMs = performance.now();
  const startCpu = process.cpuUsage();
  endMs = startMs + MEASURE_MS;
  await workers();
  const { user, system } = process.cpuUsage(startCpu);
  return {
    mbPerSecond: bytes / 1e3 / (performance.now() - startMs),
    mbPerCpuSecond: bytes / (user + system),
  };
}

function makeBatch(streams: number, seed: number): Batch {
  const records = Math.floor(BATCH_BYTES / LINE_BYTES);
  const perStream = Math.ceil(records / streams);
  const parts = Array.from({ length: streams }, (_, s) => {
    const lines = Array.from({ length: perStream }, (_, n) =>
      logLine(`s${s}`, seed * records + s * perStream + n).slice(0, LINE_BYTES),
    );
    const stream = testStream({ filename: `/var/log/app-${s}.log`, host: 'web-1', job: 'bench' });
    return partOf(testChunk(lines, stream).chunk);
  });
  return batchOf(...parts);
}

async function startServers(scope: BenchScope): Promise<{ readonly http: string; readonly https: string }> {
  const path = fileURLToPath(new URL('drain-server.ts', import.meta.url));
  const child = spawn(process.execPath, [path], { stdio: ['ignore', 'pipe', 'inherit'] });
  scope.after(() => void child.kill());
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return JSON.parse(line.toString()) as { http: string; https: string };
}
