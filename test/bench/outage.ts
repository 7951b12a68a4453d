import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaCluster } from '../helpers/kafka-cluster.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { type BenchConfig, startBenchAgent } from './agent-process.ts';
import { untilCaughtUp, watch } from './backlog.ts';
import type { BenchResult } from './bench.ts';
import { usageOf } from './process-usage.ts';
import { type BenchScope, withScope } from './scope.ts';
import { writeAtRate } from './write-at-rate.ts';

const LINES_PER_SECOND = 20_000;
/** So long does memory take to level out. */
const BEFORE_SECONDS = 60;
const OUTAGE_SECONDS = 60;
const AFTER_SECONDS = 25;
/** After the last line: what comes twice has come by then, and memory has been given back. */
const REST_MS = 5000;
const POLL_MS = 200;

/** A sink that is away for a while. */
interface Victim {
  readonly name: string;
  readonly config: Pick<BenchConfig, 'url' | 'sinks'>;
  fail(): Promise<void>;
  recover(): Promise<void>;
  /** Waits until it has so many lines, and tells what else it has. */
  check(lines: number): Promise<Record<string, number>>;
}

/** Scenario R3: a sink that is away for 60 s while 20 000 lines a second come; they come before and after it too. */
export function run(): Promise<BenchResult> {
  return withScope(async scope => {
    const receiver = await startReceiver(scope, {
      ...{ discard: 'decode', limits: 'none', faults: true, verifySequence: true },
    });
    return measure(scope, {
      name: 'outage',
      config: { url: receiver.url },
      fail: () => receiver.faults({ faults: [{ action: 'cut' }] }),
      recover: () => receiver.clearFaults(),
      async check(lines) {
        await receiver.until(stats => stats.lines >= lines);
        const report = (await receiver.sequence()).sources[0]!;
        const { distinct, resent, duplicates } = report;
        return { missing: lines - distinct, 'sent again, the same to the byte': resent, duplicates };
      },
    });
  });
}

/** The same with Kafka, whose only broker is killed. */
export function runWithKafka(): Promise<BenchResult> {
  return withScope(async scope => {
    const cluster = await KafkaCluster.start(scope);
    await cluster.createTopic('logs');
    return measure(scope, {
      name: 'kafka-outage',
      config: { sinks: { kafka: { brokers: cluster.addresses(), topic: 'logs' } } },
      fail: () => cluster.kill9(),
      recover: () => cluster.restart(),
      async check(lines) {
        while ((await cluster.records('logs')) < lines) await sleep(POLL_MS);
        return { 'stored twice': (await cluster.records('logs')) - lines };
      },
    });
  });
}

async function measure(
  scope: BenchScope,
  { name, config, fail, recover, check }: Victim,
): Promise<BenchResult> {
  const folder = await scope.folder();
  const path = join(folder, 'app.log');
  const agent = await startBenchAgent(scope, { ...config, folder, paths: [path] });
  const writing = writeAtRate(path, LINES_PER_SECOND, BEFORE_SECONDS + OUTAGE_SECONDS + AFTER_SECONDS);
  // Looked at as often as it is during the outage: that costs memory, too.
  const before = await watch(agent, performance.now() + BEFORE_SECONDS * 1000);
  const start = usageOf(agent.pid);
  await fail();
  const during = await watch(agent, performance.now() + OUTAGE_SECONDS * 1000);
  const end = usageOf(agent.pid);
  await recover();
  const backlogSeconds = await untilCaughtUp(agent);
  const lines = await writing;
  await sleep(REST_MS);
  const found = await check(lines);
  return {
    name: `${name} (${OUTAGE_SECONDS} s at ${LINES_PER_SECOND} lines/s)`,
    figures: {
      'RSS before, at most MB': before.rssMb,
      'RSS during, at most MB': during.rssMb,
      'RSS afterwards MB': usageOf(agent.pid).rssMb,
      'CPU % during': (100 * (end.cpuSeconds - start.cpuSeconds)) / OUTAGE_SECONDS,
      'parked records, at most': during.parked,
      'dead letters, at most': during.letters,
      'all of them delivered after s': backlogSeconds,
      lines,
      ...found,
    },
  };
}
