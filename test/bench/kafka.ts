import { logLine } from '../helpers/log-lines.ts';
import type { BenchResult } from './bench.ts';
import { compareProducers } from './kafka-producers.ts';

export function run(): Promise<BenchResult> {
  return compareProducers('kafka (190-byte lines)', logLine);
}
