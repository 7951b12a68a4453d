import type { SequenceReport } from '../../internal/receiver/routes.ts';
import type { NumberedLog } from '../helpers/numbered-log.ts';

/** A place that the agent of a soak ships to, and that can be out of order. */
export interface SoakSink {
  /** In the agent's config. */
  readonly name: string;
  /** Its block of the agent's config. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Begins the `n`th outage; resolves with what is wrong from now on. */
  fail(n: number): Promise<string>;
  /** Ends the outage. */
  recover(): Promise<void>;
  /** How many lines it has, each as often as it came. */
  lines(): Promise<number>;
  /** What it has of all that was written. */
  check(logs: readonly NumberedLog[]): Promise<SinkVerdict>;
}

/** What a sink has, compared with what was written: all 0 when each line is there once, unchanged. */
export interface SinkVerdict {
  readonly missing: number;
  /** Kept more than once. */
  readonly twice: number;
  /** Sources or lines that are not what was written. */
  readonly changed: number;
  /** Came again with the same stream, time and text, of which Loki keeps one. */
  readonly again: number;
}

/** Whether each line is there once, unchanged. */
export function isWhole({ missing, twice, changed }: SinkVerdict): boolean {
  return missing === 0 && twice === 0 && changed === 0;
}

/** Compares what came with what was written. */
export function verdictOf(
  { sources, unnumbered }: SequenceReport,
  logs: readonly NumberedLog[],
): SinkVerdict {
  const reports = new Map(sources.map(report => [report.source, report]));
  let [missing, twice, changed, again] = [0, 0, unnumbered, 0];
  for (const { source, lines, textSum } of logs) {
    const report = reports.get(source);
    missing += lines - (report?.distinct ?? 0);
    twice += report?.duplicates ?? 0;
    again += report?.resent ?? 0;
    // The sum of all texts says something only when all have come.
    if (report?.distinct === lines && report.textSum !== textSum) changed++;
    reports.delete(source);
  }
  return { missing, twice, changed: changed + reports.size, again };
}
