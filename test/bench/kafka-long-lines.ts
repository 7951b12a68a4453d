import { longLogLine } from '../helpers/log-lines.ts';
import type { BenchResult } from './bench.ts';
import { compareProducers } from './kafka-producers.ts';

export function run(): Promise<BenchResult> {
  return compareProducers('kafka-long-lines (1 KiB lines)', longLogLine);
}
