import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PushRecord } from '../../internal/receiver/recorder.ts';
import { writeLogFile } from '../helpers/log-lines.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startBenchAgent } from './agent-process.ts';
import type { BenchResult } from './bench.ts';
import { withScope } from './scope.ts';

const LIMIT_BYTES = 4e6;
const BURST_BYTES = 6e6;
const FILES = 4;
const FILE_BYTES = 24e6;
/** Where the burst is long over, and before the last batches. */
const MEASURED_FROM = 20e6;
const MEASURED_TO = 88e6;

/** A server that answers 429 to everything above 4 MB/s, and four files that are there from the start. */
export async function run(): Promise<BenchResult> {
  return withScope(async scope => {
    const folder = await scope.folder();
    const record = join(folder, 'pushes.jsonl');
    const receiver = await startReceiver(scope, {
      faults: true,
      verifySequence: true,

      record,
    });
    await receiver.faults({ limits: { rateBytes: LIMIT_BYTES, rateBurstBytes: BURST_BYTES } });
    const paths: string[] = [];
    let lines = 0;
    for (let n = 0; n < FILES; n++) {
      const path = join(folder, `app-${n}.log`);
      paths.push(path);
      lines += (await writeLogFile(path, `app-${n}`, FILE_BYTES)).lines;
    }
    const agent = await startBenchAgent(scope, { folder, paths, url: receiver.url });
    const first = await receiver.until(stats => stats.bytes >= MEASURED_FROM);
    const startMs = performance.now();
    const last = await receiver.until(stats => stats.bytes >= MEASURED_TO);
    const bytesPerSecond = ((last.bytes - first.bytes) / (performance.now() - startMs)) * 1000;
    await receiver.until(stats => stats.lines >= lines);
    const { sources } = await receiver.sequence();
    const sum = (what: 'lines' | 'distinct'): number =>
      sources.reduce((total, source) => total + source[what], 0);
    agent.child.kill('SIGTERM');
    await agent.exited;
    const pushes = readFileSync(record, 'utf8').trimEnd().split('\n');
    const statuses = pushes.map(line => (JSON.parse(line) as PushRecord).status);
    const stored = statuses.filter(status => status === 204).length;
    return {
      name: `loki-pacing (limit ${LIMIT_BYTES / 1e6} MB/s, burst ${BURST_BYTES / 1e6} MB)`,
      figures: {
        'MB/s': bytesPerSecond / 1e6,
        'share of the limit, percent': (100 * bytesPerSecond) / LIMIT_BYTES,
        'requests per stored push': statuses.length / stored,
        'pushes stored': stored,
        'lines missing': lines - sum('distinct'),
        'lines twice': sum('lines') - sum('distinct'),
      },
    };
  });
}
