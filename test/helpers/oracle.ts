import { crc32 } from 'node:zlib';
import type { ExportedLine } from '../../internal/receiver/export.ts';
import { SequenceCheck } from '../../internal/receiver/sequence-check.ts';

/** What was written: for each source how many lines, numbered from 0, and the text of each. */
export interface Expectation {
  readonly sources: Readonly<Record<string, number>>;
  /** The whole line: `<source> <n> …`. */
  line(source: string, n: number): string;
}

/** What is wrong with what arrived; all 0 when every line is there, once, in order, unchanged. */
export interface Verdict {
  missing: number;
  /** Kept more than once. */
  duplicates: number;
  /** Arrived after a later line of the same source. */
  outOfOrder: number;
  /** Not the text that was written, or never written at all. */
  changed: number;
}

/** Compares what a receiver kept with what was written; memory is four bytes a line, whatever its length. */
export async function judge(
  expected: Expectation,
  arrived: AsyncIterable<ExportedLine> | Iterable<ExportedLine>,
): Promise<Verdict> {
  const check = new SequenceCheck();
  let changed = 0;
  for await (const { labels, ts, line } of arrived) {
    const [source = '', number = ''] = line.split(' ', 2);
    const n = Number(number);
    const isExpected = n < (expected.sources[source] ?? 0) && expected.line(source, n) === line;
    if (isExpected)
      check.add(
        Buffer.from(line),
        Number(ts.slice(0, -9)),
        Number(ts.slice(-9)),
        crc32(JSON.stringify(labels)),
      );
    else changed++;
  }
  const verdict: Verdict = { missing: 0, duplicates: 0, outOfOrder: 0, changed };
  const reports = new Map(check.report().map(report => [report.source, report]));
  for (const [source, count] of Object.entries(expected.sources)) {
    const report = reports.get(source);
    verdict.missing += count - (report?.distinct ?? 0);
    verdict.duplicates += (report?.duplicates ?? 0) + (report?.resent ?? 0);
    verdict.outOfOrder += report?.outOfOrder ?? 0;
  }
  return verdict;
}
