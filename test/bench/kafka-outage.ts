import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaCluster } from '../helpers/kafka-cluster.ts';
import { startBenchAgent } from './agent-process.ts';
import { untilCaughtUp, watch } from './backlog.ts';
import type { BenchResult } from './bench.ts';
import { usageOf } from './process-usage.ts';
import { withScope } from './scope.ts';
import { writeAtRate } from './write-at-rate.ts';

const LINES_PER_SECOND = 20_000;
const BEFORE_SECONDS = 8;
const OUTAGE_SECONDS = 25;
const AFTER_SECONDS = 8;
const POLL_MS = 200;

/** The only broker is killed for 25 s while 20 000 lines a second come; they come before and after it too. */
export async function run(): Promise<BenchResult> {
  return withScope(async scope => {
    const folder = await scope.folder();
    const path = join(folder, 'app.log');
    const cluster = await KafkaCluster.start(scope);
    await cluster.createTopic('logs');
    const agent = await startBenchAgent(scope, {
      ...{ folder, paths: [path] },
      sinks: { kafka: { brokers: cluster.addresses(), topic: 'logs' } },
    });
    const writing = writeAtRate(path, LINES_PER_SECOND, BEFORE_SECONDS + OUTAGE_SECONDS + AFTER_SECONDS);
    await sleep(BEFORE_SECONDS * 1000);
    const before = usageOf(agent.pid);
    await cluster.kill9();
    const during = await watch(agent, performance.now() + OUTAGE_SECONDS * 1000);
    const end = usageOf(agent.pid);
    await cluster.restart();
    const backlogSeconds = await untilCaughtUp(agent);
    const lines = await writing;
    while ((await cluster.records('logs')) < lines) await sleep(POLL_MS);
    return {
      name: `kafka-outage (${OUTAGE_SECONDS} s at ${LINES_PER_SECOND} lines/s)`,
      figures: {
        'RSS before MB': before.rssMb,
        'RSS during, at most MB': during.rssMb,
        'RSS afterwards MB': usageOf(agent.pid).rssMb,
        'CPU % during': (100 * (end.cpuSeconds - before.cpuSeconds)) / OUTAGE_SECONDS,
        'parked records, at most': during.parked,
        'dead letters, at most': during.letters,
        'all of them delivered after s': backlogSeconds,
        lines,
        'stored twice': (await cluster.records('logs')) - lines,
      },
    };
  });
}
