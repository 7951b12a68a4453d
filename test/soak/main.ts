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
import type { Costs, CycleReport } from './costs.ts';
import { runFilesModel } from './files-model.ts';
import { kafkaSoakSink } from './kafka.ts';
import { lokiSoakSink } from './loki.ts';
import { isWhole } from './sink.ts';
import { type SoakOptions, soak } from './soak.ts';

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
  const { lines, steps, verdicts } = await withScope(async scope => {
    if (!hasKafkaJars())
      process.stdout.write('NO KAFKA HERE (see .ci/run): a second Loki stands in for it\n');
    const second = hasKafkaJars() ? await kafkaSoakSink(scope) : await lokiSoakSink(scope, 'second');
    const sinks = [await lokiSoakSink(scope, 'loki'), second] as const;
    return soak(scope, { minutes, linesPerSecond, sinks, onStep, onCycle, onCosts });
  });
  printResult({ name: 'what came', figures: { lines, 'rotations, reloads, outages': steps } });
  for (const [name, figures] of verdicts) printResult({ name, figures: { ...figures } });
  return [...verdicts.values()].every(isWhole) ? 0 : 1;
}

function onStep(step: string, { seconds, rssMb, descriptors }: Parameters<SoakOptions['onStep']>[1]): void {
  const agent = `${Math.round(rssMb)} MB, ${descriptors} descriptors`;
  process.stdout.write(`${Math.round(seconds)} s: ${step} (${agent})\n`);
}

function onCycle({ seconds, rss, ...agent }: CycleReport): void {
  const rounded = Object.entries(agent).map(([name, value]) => `${name} ${Math.round(value * 10) / 10}`);
  const rssMb = [rss.leastMb, rss.medianMb, rss.mostMb].map(Math.round).join('–');
  process.stdout.write(`CYCLE ${(seconds / 60).toFixed(1)} min: rssMb ${rssMb} ${rounded.join(' ')}\n`);
}

function onCosts({ memory, cpuPercent, descriptors }: Costs): void {
  printResult({
    name: `soak (${minutes} min at ${linesPerSecond} lines/s)`,
    figures: {
      'RSS slope of the second half MB/h': memory.slopeMbPerHour,
      'RSS medians of the quarters MB': memory.quartersMb.map(Math.round).join(', '),
      'RSS, at most MB': memory.mostMb,
      'CPU % of a core': cpuPercent,
      'descriptors first, last, most': `${descriptors.first}, ${descriptors.last}, ${descriptors.most}`,
    },
  });
}
