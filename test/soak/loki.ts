import type { SequenceReport } from '../../internal/receiver/routes.ts';
import { sumOfLines } from '../../internal/receiver/sequence-check.ts';
import type { WrittenLog } from '../helpers/arrivals.ts';
import { logLine } from '../helpers/log-lines.ts';
import { startReceiver } from '../helpers/receiver.ts';
import type { Scope } from '../helpers/scope.ts';
import type { SinkVerdict, SoakSink } from './sink.ts';

/** In turn; each lasts until it is cleared. The last stores what comes and does not say so: it has to come again. */
const OUTAGES = [
  { what: 'answers 503', fault: { action: 'answer', status: 503 } },
  { what: 'never answers', fault: { action: 'hang' } },
  { what: 'cuts every connection', fault: { action: 'cut' } },
  { what: 'stores and cuts', fault: { action: 'store_then_cut' } },
] as const;

/** The embedded receiver, which notes each line by its number and keeps none: four bytes a line. */
export async function lokiSoakSink(scope: Scope, name: string): Promise<SoakSink> {
  const receiver = await startReceiver(scope, { discard: 'decode', verifySequence: true, faults: true });
  return {
    name,
    config: { type: 'loki', url: receiver.url },
    async fail(n) {
      const { what, fault } = OUTAGES[n % OUTAGES.length]!;
      await receiver.faults({ faults: [{ ...fault }] });
      return what;
    },
    recover: () => receiver.clearFaults(),
    lines: async () => (await receiver.sequence()).sources.reduce((sum, { distinct }) => sum + distinct, 0),
    check: async logs => verdictOf(await receiver.sequence(), logs),
  };
}

function verdictOf({ sources, unnumbered }: SequenceReport, logs: readonly WrittenLog[]): SinkVerdict {
  const reports = new Map(sources.map(report => [report.source, report]));
  let [missing, twice, changed, again] = [0, 0, unnumbered, 0];
  for (const { source, lines } of logs) {
    const report = reports.get(source);
    missing += lines - (report?.distinct ?? 0);
    twice += report?.duplicates ?? 0;
    again += report?.resent ?? 0;
    // The sum of all texts says something only when all have come.
    const isWhole = report?.distinct === lines;
    if (isWhole && report.textSum !== sumOfLines(linesOf(source, lines))) changed++;
    reports.delete(source);
  }
  return { missing, twice, changed: changed + reports.size, again };
}

function* linesOf(source: string, count: number): Generator<string> {
  for (let n = 0; n < count; n++) yield logLine(source, n);
}
