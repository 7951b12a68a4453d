const FIRST_MS = 100;
const LONGEST_MS = 30_000;
/** Whoever has failed so often in a row is left alone for a while. */
const PATIENT_FAILURES = 5;

/**
 * How long to wait before the next try, after `failures` in a row (1 is the first). Full jitter over a doubling
 * ceiling, so that streams that broke together do not come back together; from the sixth on at least half a minute.
 */
export function retryDelayMs(failures: number, random: () => number): number {
  if (failures > PATIENT_FAILURES) return LONGEST_MS * (1 + random() / 2);
  return random() * FIRST_MS * 2 ** (failures - 1);
}
