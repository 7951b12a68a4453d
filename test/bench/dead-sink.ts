import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaCluster } from '../helpers/kafka-cluster.ts';
import { startReceiver } from '../helpers/receiver.ts';
import type { Scope } from '../helpers/scope.ts';
import { startBenchAgent } from './agent-process.ts';
import type { BenchResult } from './bench.ts';
import { type Latencies, latenciesIn, latenciesSince, quantileMs } from './latency.ts';
import { withScope } from './scope.ts';
import { writeAtRate } from './write-at-rate.ts';

const WARM_SECONDS = 5;
const ALIVE_SECONDS = 25;
/** `DEAD_SECONDS=600` for the ten minutes that are promised. */
const DEAD_SECONDS = Number(process.env.DEAD_SECONDS ?? ALIVE_SECONDS);
/** No more than fits into the dead letters' 1 GiB: when that is full, a sink that loses nothing has to hold up the others. */
const LINES_PER_SECOND = Math.min(20_000, Math.floor(1_500_000 / DEAD_SECONDS));
const RECEIVER = { discard: 'decode', limits: 'none', faults: true } as const;

/** A second sink, which can be taken away. */
interface Victim {
  readonly name: string;
  readonly config: object;
  kill(): Promise<void>;
}

/** One sink is dead: the delivery latency of the other one, against what it is while both live (scenario R2). */
export function run(): Promise<BenchResult> {
  return withScope(async scope => {
    const other = await startReceiver(scope, RECEIVER);
    const kill = (): Promise<void> => other.faults({ faults: [{ action: 'cut' }] });
    return measure(scope, {
      ...{ name: 'dead-sink, two of Loki', kill },
      config: { type: 'loki', url: other.url },
    });
  });
}

/** The same beside a real Kafka, whose only broker is killed. */
export function runBesideKafka(): Promise<BenchResult> {
  return withScope(async scope => {
    const cluster = await KafkaCluster.start(scope);
    await cluster.createTopic('logs');
    const config = { type: 'kafka', brokers: cluster.addresses(), topic: 'logs' };
    return measure(scope, { name: 'dead-kafka, beside Loki', config, kill: () => cluster.kill9() });
  });
}

async function measure(scope: Scope, victim: Victim): Promise<BenchResult> {
  const folder = await scope.folder();
  const path = join(folder, 'app.log');
  const alive = await startReceiver(scope, RECEIVER);
  const agent = await startBenchAgent(scope, {
    ...{ folder, paths: [path], url: alive.url },
    sinks: { other: victim.config },
  });
  const writing = writeAtRate(path, LINES_PER_SECOND, 2 * WARM_SECONDS + ALIVE_SECONDS + DEAD_SECONDS);
  const phase = async (seconds: number): Promise<Latencies> => {
    await sleep(WARM_SECONDS * 1000);
    const before = latenciesIn(await agent.metrics(), 'loki');
    await sleep(seconds * 1000);
    return latenciesSince(before, latenciesIn(await agent.metrics(), 'loki'));
  };
  const both = await phase(ALIVE_SECONDS);
  await victim.kill();
  const one = await phase(DEAD_SECONDS);
  await writing;
  return {
    name: `${victim.name} (${LINES_PER_SECOND} lines/s, dead for ${DEAD_SECONDS} s)`,
    figures: {
      'p50 ms, both alive': quantileMs(both, 0.5),
      'p50 ms, the other dead': quantileMs(one, 0.5),
      'p99 ms, both alive': quantileMs(both, 0.99),
      'p99 ms, the other dead': quantileMs(one, 0.99),
      'p99 change %': 100 * (quantileMs(one, 0.99) / quantileMs(both, 0.99) - 1),
    },
  };
}
