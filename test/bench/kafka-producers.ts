import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaCluster } from '../helpers/kafka-cluster.ts';
import { type LogFile, writeLogFile } from '../helpers/log-lines.ts';
import { startBenchAgent } from './agent-process.ts';
import type { BenchResult } from './bench.ts';
import { cpuSecondsOfPerfTest } from './kafka-perf-test.ts';
import { usageOf } from './process-usage.ts';
import { type BenchScope, withScope } from './scope.ts';

const COMPRESSIONS = ['none', 'snappy', 'lz4', 'zstd', 'gzip'];
const FILE_BYTES = 250e6;
/** For those that are slow. */
const SHORT_FILE_BYTES = 25e6;
const PERF_TEST_BYTES = 100e6;
/** Asking more often would take the processor from those who are measured. */
const POLL_MS = 200;
const PAYLOAD_BYTES = 5e6;

interface Source extends LogFile {
  readonly path: string;
}

/** Everything of a run that stays the same. */
interface Rig {
  readonly scope: BenchScope;
  readonly cluster: KafkaCluster;
  readonly figures: Record<string, number>;
}

/**
 * From a file to acknowledged by a real broker on the same machine (acks: all): the whole agent, the same agent with
 * kafkajs's own producer, and Kafka's Java producer. The CPU is that of the whole life of a process, its start included.
 */
export async function compareProducers(
  name: string,
  lineOf: (source: string, n: number) => string,
): Promise<BenchResult> {
  const figures: Record<string, number> = {};
  await withScope(async scope => {
    const folder = await scope.folder();
    const source = async (file: string, bytes: number): Promise<Source> => {
      const path = join(folder, file);
      return { path, ...(await writeLogFile(path, 'app', bytes, lineOf)) };
    };
    const long = await source('long.log', FILE_BYTES);
    const short = await source('short.log', SHORT_FILE_BYTES);
    const payload = await source('payload.log', PAYLOAD_BYTES);
    const rig = { scope, figures, cluster: await KafkaCluster.start(scope) };
    for (const compression of COMPRESSIONS) await sendWithAgent(rig, long, { format: 'raw', compression });
    for (const compression of ['lz4', 'zstd'])
      await sendWithAgent(rig, long, { format: 'json', compression });
    await sendWithAgent(rig, short, { format: 'raw', compression: 'lz4', client: 'kafkajs' });
    await sendWithPerfTest(rig, payload);
  });
  return { name, figures };
}

async function sendWithAgent(
  { scope, cluster, figures }: Rig,
  source: Source,
  options: Readonly<Record<string, string>>,
): Promise<void> {
  const topic = Object.values(options).join('-');
  await cluster.createTopic(topic);
  const start = performance.now();
  const agent = await startBenchAgent(scope, {
    ...{ folder: await scope.folder(), paths: [source.path] },
    dispatcher: { copy_mode: 'optimized' },
    sinks: { kafka: { brokers: cluster.addresses(), topic, ...options } },
  });
  figures['start of the agent, CPU-seconds'] = usageOf(agent.pid).cpuSeconds;
  while ((await cluster.records(topic)) < source.lines) await sleep(POLL_MS);
  const seconds = (performance.now() - start) / 1000;
  const usage = usageOf(agent.pid);
  figures[`${topic} MB/s`] = source.bytes / 1e6 / seconds;
  figures[`${topic} MB per CPU-second`] = source.bytes / 1e6 / usage.cpuSeconds;
  figures[`${topic} peak RSS MB`] = usage.peakRssMb;
  agent.child.kill('SIGTERM');
  await agent.exited;
}

/** Sends lines of `payload`, many times each. */
async function sendWithPerfTest({ cluster, figures }: Rig, payload: Source): Promise<void> {
  const records = Math.round((PERF_TEST_BYTES * payload.lines) / payload.bytes);
  const test = { topic: 'perf-test', payloadFile: payload.path, records, compression: 'lz4' };
  await cluster.createTopic(test.topic);
  const cpuSeconds = await cpuSecondsOfPerfTest(cluster, test);
  figures['kafka-producer-perf-test lz4 MB per CPU-second'] = PERF_TEST_BYTES / 1e6 / cpuSeconds;
}
