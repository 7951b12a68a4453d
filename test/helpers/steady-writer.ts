import { setInterval } from 'node:timers/promises';
import type { NumberedLog } from './numbered-log.ts';
import type { TestScope } from './process.ts';

const PERIOD_MS = 50;

/** Writes to logs at a steady rate in the background. */
export interface SteadyWriter {
  /** Resolves when the last line is written. */
  stop(): Promise<void>;
}

/** Begins to write `linesPerSecond` to the logs together; ends with `scope` at the latest. */
export function startWriter(
  scope: TestScope,
  logs: readonly NumberedLog[],
  linesPerSecond: number,
): SteadyWriter {
  const stopping = new AbortController();
  const startMs = performance.now();
  const write = async (): Promise<void> => {
    let written = 0;
    for await (const _ of setInterval(PERIOD_MS)) {
      if (stopping.signal.aborted) return;
      // What the clock says, not the number of turns: on a busy machine some are left out.
      const due = Math.ceil(((performance.now() - startMs) * linesPerSecond) / 1000 / logs.length);
      for (const log of logs) log.append(due - written);
      written = due;
    }
  };
  const written = write();
  const stop = async (): Promise<void> => {
    stopping.abort();
    await written;
  };
  scope.after(stop);
  return { stop };
}
