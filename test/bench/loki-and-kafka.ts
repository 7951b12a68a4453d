import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaCluster } from '../helpers/kafka-cluster.ts';
import { type LogFile, writeLogFile } from '../helpers/log-lines.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startBenchAgent } from './agent-process.ts';
import type { BenchResult } from './bench.ts';
import { usageOf } from './process-usage.ts';
import { type BenchScope, withScope } from './scope.ts';

const FILE_BYTES = 250e6;
/** Asking more often would take the processor from those who are measured. */
const POLL_MS = 200;

/** CPU of the agent that sends one file to Loki alone, to Kafka alone, and to both at once, in both copy modes. */
export async function run(): Promise<BenchResult> {
  const figures: Record<string, number> = {};
  await withScope(async scope => {
    const path = join(await scope.folder(), 'app.log');
    const file = await writeLogFile(path, 'app', FILE_BYTES);
    const cluster = await KafkaCluster.start(scope);
    for (const mode of ['optimized', 'safe']) {
      const cost = (to: readonly string[]): Promise<number> =>
        costOf(scope, cluster, { ...file, path, mode, to });
      const [loki, kafka, both] = [
        await cost(['loki']),
        await cost(['kafka']),
        await cost(['loki', 'kafka']),
      ];
      figures[`${mode} loki alone MB per CPU-second`] = file.bytes / 1e6 / loki;
      figures[`${mode} kafka alone MB per CPU-second`] = file.bytes / 1e6 / kafka;
      figures[`${mode} both MB per CPU-second`] = file.bytes / 1e6 / both;
      figures[`${mode} both, of the sum alone %`] = (100 * both) / (loki + kafka);
    }
  });
  return { name: 'loki-and-kafka (250 MB, 190-byte lines)', figures };
}

interface Task extends LogFile {
  readonly path: string;
  readonly mode: string;
  readonly to: readonly string[];
}

/** CPU-seconds of the whole life of an agent that sends the file to these sinks. */
async function costOf(
  scope: BenchScope,
  cluster: KafkaCluster,
  { lines, path, mode, to }: Task,
): Promise<number> {
  const topic = `${mode}-${to.length}`;
  const receiver = await startReceiver(scope, { discard: 'decode', limits: 'none' });
  const sinks: Record<string, object> = {};
  if (to.includes('loki')) sinks.loki = { url: receiver.url };
  if (to.includes('kafka')) {
    await cluster.createTopic(topic);
    sinks.kafka = { brokers: cluster.addresses(), topic, format: 'raw' };
  }
  const folder = await scope.folder();
  const agent = await startBenchAgent(scope, {
    folder,
    paths: [path],
    dispatcher: { copy_mode: mode },
    sinks,
  });
  if (to.includes('loki')) await receiver.until(stats => stats.lines >= lines);
  if (to.includes('kafka')) while ((await cluster.records(topic)) < lines) await sleep(POLL_MS);
  const { cpuSeconds } = usageOf(agent.pid);
  agent.child.kill('SIGTERM');
  await agent.exited;
  await receiver.stop();
  return cpuSeconds;
}
