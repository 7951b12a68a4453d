import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startReceiver } from '../helpers/receiver.ts';
import { startBenchAgent } from './agent-process.ts';
import type { BenchResult } from './bench.ts';
import { type Latencies, latenciesIn, latenciesSince, quantileMs } from './latency.ts';
import { withScope } from './scope.ts';
import { writeAtRate } from './write-at-rate.ts';

const LINES_PER_SECOND = 20_000;
const WARM_SECONDS = 5;
const PHASE_SECONDS = 45;

/** One sink is dead: the delivery latency of the other one, against what it is while both live (scenario R2). */
export async function run(): Promise<BenchResult> {
  return withScope(async scope => {
    const folder = await scope.folder();
    const path = join(folder, 'app.log');
    const options = { discard: 'decode', limits: 'none', faults: true } as const;
    const [alive, other] = [await startReceiver(scope, options), await startReceiver(scope, options)];
    const agent = await startBenchAgent(scope, {
      ...{ folder, paths: [path], url: alive.url },
      sinks: { other: { type: 'loki', url: other.url } },
    });
    const writing = writeAtRate(path, LINES_PER_SECOND, 2 * (WARM_SECONDS + PHASE_SECONDS));
    const phase = async (): Promise<Latencies> => {
      await sleep(WARM_SECONDS * 1000);
      const before = latenciesIn(await agent.metrics(), 'loki');
      await sleep(PHASE_SECONDS * 1000);
      return latenciesSince(before, latenciesIn(await agent.metrics(), 'loki'));
    };
    const both = await phase();
    await other.faults({ faults: [{ action: 'cut' }] });
    const one = await phase();
    await writing;
    return {
      name: `dead-sink (two sinks, ${LINES_PER_SECOND} lines/s, ${PHASE_SECONDS} s each)`,
      figures: {
        'p50 ms, both alive': quantileMs(both, 0.5),
        'p50 ms, the other dead': quantileMs(one, 0.5),
        'p99 ms, both alive': quantileMs(both, 0.99),
        'p99 ms, the other dead': quantileMs(one, 0.99),
        'p99 change %': 100 * (quantileMs(one, 0.99) / quantileMs(both, 0.99) - 1),
      },
    };
  });
}
