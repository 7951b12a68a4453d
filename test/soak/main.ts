/**
 * Long runs: `npm run soak -- [MINUTES] [--rate LINES_PER_SECOND]` (default: 60 minutes at 10 000) lets an agent ship
 * to Loki and to Kafka while files rotate, the config is reloaded and each sink in turn is out of order, and prints
 * what is missing, what is there twice, and what it costs. `npm run soak -- files [HISTORIES]` runs the model test of
 * the file monitor with many more histories than CI has time for. Exit code 1 when something is wrong.
 */
import { parseArgs } from 'node:util';
import { circumstances, printCircumstances, printResult } from '../bench/report.ts';
import { withScope } from '../bench/scope.ts';
import { hasKafkaJars } from '../helpers/kafka-jars.ts';
import { runFilesModel } from './files-model.ts';
import { kafkaSoakSink } from './kafka.ts';
import { lokiSoakSink } from './loki.ts';
import { isWhole } from './sink.ts';
import { type SoakOptions, type SoakReport, soak } from './soak.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rate: { type: 'string', default: '10000' } },
});
const [what = '60', histories = '100000'] = positionals;
const [minutes, linesPerSecond] = [Number(what), Number(values.rate)];

if (what === 'files' && Number(histories) > 0) process.exitCode = await runFilesModel(histories);
else if (minutes > 0 && linesPerSecond > 0) process.exitCode = await runAgent();
else {
  process.stderr.write('usage: npm run soak -- [MINUTES] [--rate LINES_PER_SECOND] | files [HISTORIES]\n');
  process.exitCode = 2;
}

async function runAgent(): Promise<number> {
  printCircumstances(circumstances());
  const report = await withScope(async scope => {
    if (!hasKafkaJars())
      process.stdout.write('NO KAFKA HERE (see .ci/run): a second Loki stands in for it\n');
    const second = hasKafkaJars() ? await kafkaSoakSink(scope) : await lokiSoakSink(scope, 'second');
    const onStep: SoakOptions['onStep'] = (step, { seconds, rssMb, descriptors }) => {
      const agent = `${Math.round(rssMb)} MB, ${descriptors} descriptors`;
      process.stdout.write(`${Math.round(seconds)} s: ${step} (${agent})\n`);
    };
    return soak(scope, {
      minutes,
      linesPerSecond,
      sinks: [await lokiSoakSink(scope, 'loki'), second],
      onStep,
    });
  });
  print(report);
  return [...report.verdicts.values()].every(isWhole) ? 0 : 1;
}

function print({ lines, steps, memory, cpuPercent, descriptors, verdicts }: SoakReport): void {
  printResult({
    name: `soak (${minutes} min at ${linesPerSecond} lines/s)`,
    figures: {
      ...{ lines, 'rotations, reloads, outages': steps },
      'RSS slope MB/h': memory.slopeMbPerHour,
      'RSS median MB': memory.medianMb,
      'RSS, at most MB': memory.mostMb,
      'CPU % of a core': cpuPercent,
      'descriptors first, last, most': `${descriptors.first}, ${descriptors.last}, ${descriptors.most}`,
    },
  });
  for (const [name, figures] of verdicts) printResult({ name, figures: { ...figures } });
}
