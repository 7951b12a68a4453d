/**
 * `npm run bench -- [NAME…] [--json]`: runs the named benchmarks, or all, one after another, and prints each one's
 * figures with the machine, the Node version and the commit. Figures are for comparing runs on one machine; tests
 * never assert on them.
 */
import type { Bench, BenchResult } from './bench.ts';
import { circumstances, printCircumstances, printResult } from './report.ts';

const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  splitter: () => import('./splitter.ts'),
  encode: () => import('./encode.ts'),
  'kafka-encode': () => import('./kafka-encode.ts'),
  loki: () => import('./loki.ts'),
  'loki-real': () => import('./loki-real.ts'),
  'loki-poison': () => import('./loki-poison.ts'),
  'loki-pacing': () => import('./loki-pacing.ts'),
  queue: () => import('./queue.ts'),
  positions: () => import('./positions.ts'),
  'copy-modes': () => import('./copy-modes.ts'),
  retry: () => import('./retry.ts'),
  dlq: () => import('./dlq.ts'),
  saturation: () => import('./saturation.ts'),
  rate: () => import('./rate.ts'),
  files: () => import('./files.ts'),
  'files-busy': () => import('./files-busy.ts'),
  rivals: () => import('./rivals.ts'),
  formats: () => import('./formats.ts'),
  docker: () => import('./docker.ts'),
  outage: () => import('./outage.ts'),
  'dead-sink': () => import('./dead-sink.ts'),
  'dead-kafka': async () => ({ run: (await import('./dead-sink.ts')).runBesideKafka }),
  interrupted: () => import('./interrupted.ts'),
  kafka: () => import('./kafka.ts'),
  'kafka-outage': async () => ({ run: (await import('./outage.ts')).runWithKafka }),
  'loki-and-kafka': () => import('./loki-and-kafka.ts'),
  'kafka-long-lines': () => import('./kafka-long-lines.ts'),
};

const asJson = process.argv.includes('--json');
const names = process.argv.slice(2).filter(argument => !argument.startsWith('-'));
const unknown = names.filter(name => !(name in BENCHES));
if (unknown.length > 0) {
  process.stderr.write(
    `unknown benchmark ${unknown.join(', ')}; there are: ${Object.keys(BENCHES).join(', ')}\n`,
  );
  process.exit(2);
}

const where = circumstances();
if (!asJson) printCircumstances(where);
const results: BenchResult[] = [];
for (const name of names.length > 0 ? names : Object.keys(BENCHES)) {
  const result = await (await BENCHES[name]!()).run();
  results.push(result);
  if (!asJson) printResult(result);
}
if (asJson) process.stdout.write(`${JSON.stringify({ ...where, results }, null, 2)}\n`);
