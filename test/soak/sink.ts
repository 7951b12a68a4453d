import type { WrittenLog } from '../helpers/arrivals.ts';

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
  /** Looks at every line that it has. To be called once, in the end. */
  check(logs: readonly WrittenLog[]): Promise<SinkVerdict>;
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
