import type { Brought } from './connection.ts';

const FIRST_MS = 100;
const LONGEST_MS = 30_000;
/** Whoever has failed so often in a row is left alone for a while: */
const PATIENT_FAILURES = 5;
/** later, where connections bring lines at least. A replay is a second of the log, so several may break before the new. */
const PATIENT_REPEATS = 12;
const LONGEST_SOON_MS = 1600;

/**
 * How long to wait before the next try, after `failures` in a row (1 is the first). Full jitter over a doubling
 * ceiling, so that streams that broke together do not come back together; from the sixth on at least half a minute,
 * from the 13th where the last one brought lines that are known.
 */
export function retryDelayMs(failures: number, brought: Brought, random: () => number): number {
  const patience = brought === 'nothing' ? PATIENT_FAILURES : PATIENT_REPEATS;
  if (failures > patience) return LONGEST_MS * (1 + random() / 2);
  return random() * Math.min(LONGEST_SOON_MS, FIRST_MS * 2 ** (failures - 1));
}
