import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startReceiver } from '../helpers/receiver.ts';
import { startBenchAgent } from './agent-process.ts';
import { untilCaughtUp, watch } from './backlog.ts';
import type { BenchResult } from './bench.ts';
import { usageOf } from './process-usage.ts';
import { withScope } from './scope.ts';
import { writeAtRate } from './write-at-rate.ts';

const LINES_PER_SECOND = 20_000;
const BEFORE_SECONDS = 15;
const OUTAGE_SECONDS = 60;
const AFTER_SECONDS = 25;
/** After the last line: what is read once more, and settled, and given back. */
const REST_MS = 5000;

/** Scenario R3: a sink that is away for 60 s while 20 000 lines a second come; they come before and after it too. */
export async function run(): Promise<BenchResult> {
  return withScope(async scope => {
    const folder = await scope.folder();
    const path = join(folder, 'app.log');
    const receiver = await startReceiver(scope, {
      ...{ discard: 'decode', limits: 'none', faults: true, verifySequence: true },
    });
    const agent = await startBenchAgent(scope, { folder, paths: [path], url: receiver.url });
    const writing = writeAtRate(path, LINES_PER_SECOND, BEFORE_SECONDS + OUTAGE_SECONDS + AFTER_SECONDS);
    await sleep(BEFORE_SECONDS * 1000);
    const before = usageOf(agent.pid);
    await receiver.faults({ faults: [{ action: 'cut' }] });
    const during = await watch(agent, performance.now() + OUTAGE_SECONDS * 1000);
    const end = usageOf(agent.pid);
    await receiver.clearFaults();
    const backlogSeconds = await untilCaughtUp(agent);
    const lines = await writing;
    await receiver.until(stats => stats.lines >= lines);
    await sleep(REST_MS);
    const [report] = (await receiver.sequence()).sources;
    return {
      name: `outage (${OUTAGE_SECONDS} s at ${LINES_PER_SECOND} lines/s)`,
      figures: {
        'RSS before MB': before.rssMb,
        'RSS during, at most MB': during.rssMb,
        'RSS afterwards MB': usageOf(agent.pid).rssMb,
        'CPU % during': (100 * (end.cpuSeconds - before.cpuSeconds)) / OUTAGE_SECONDS,
        'parked records, at most': during.parked,
        'dead letters, at most': during.letters,
        'all of them delivered after s': backlogSeconds,
        lines,
        missing: lines - report!.distinct,
        'sent again, the same to the byte': report!.resent,
        duplicates: report!.duplicates,
      },
    };
  });
}
