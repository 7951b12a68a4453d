/**
 * Sizes and durations as people write them in a config, and back.
 *
 *     parseBytes('256KiB')        // 262144
 *     parseDurationMs('1m30s')    // 90000
 *     formatDurationMs(90_000)    // '1m30s'
 */

/** Largest first: `formatBytes` takes the first that divides. */
const BINARY_UNITS = [
  ['TiB', 1024 ** 4],
  ['GiB', 1024 ** 3],
  ['MiB', 1024 ** 2],
  ['KiB', 1024],
  ['B', 1],
] as const;

const BYTES_PER_UNIT: ReadonlyMap<string, number> = new Map([
  ...BINARY_UNITS.map(([unit, bytes]) => [unit.toLowerCase(), bytes] as const),
  ['', 1],
  ['kb', 1e3],
  ['mb', 1e6],
  ['gb', 1e9],
  ['tb', 1e12],
]);

/** In the order in which they are written. */
const DURATION_UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const;

const SIZE = /^(\d+(?:\.\d+)?) ?([a-z]*)$/;
const DURATION = new RegExp(`^${DURATION_UNITS.map(([unit]) => `(?:(\\d+(?:\\.\\d+)?)${unit})?`).join('')}$`);

/**
 * Bytes from `256KiB`, `64KB`, `1.5 GiB`, `1024` or a number; upper and lower case alike. KiB is 1024 bytes,
 * KB is 1000. `undefined` for anything else, for negative sizes, and for those too large to count exactly.
 */
export function parseBytes(size: string | number): number | undefined {
  if (typeof size === 'number') return countable(Number.isInteger(size) ? size : Number.NaN);
  const match = SIZE.exec(size.trim().toLowerCase());
  const unitBytes = BYTES_PER_UNIT.get(match?.[2] ?? '');
  if (match === null || unitBytes === undefined) return undefined;
  return countable(Math.round(Number(match[1]) * unitBytes));
}

/**
 * Milliseconds from `250ms`, `5s`, `1m30s`, `1.5h` or `7d`: largest unit first, each at most once. `undefined`
 * for anything else, also for a number without a unit.
 */
export function parseDurationMs(duration: string): number | undefined {
  const text = duration.trim();
  const match = DURATION.exec(text);
  if (match === null || text === '') return undefined;
  const totalMs = DURATION_UNITS.reduce((sum, [, unitMs], i) => sum + Number(match[i + 1] ?? 0) * unitMs, 0);
  return countable(Math.round(totalMs));
}

/** The exact size in the largest binary unit that divides it: `262144` is `256KiB`, `1000` is `1000B`. */
export function formatBytes(bytes: number): string {
  const [unit, unitBytes] = BINARY_UNITS.find(([, size]) => bytes !== 0 && bytes % size === 0) ?? ['B', 1];
  return `${bytes / unitBytes}${unit}`;
}

/** The exact duration, largest unit first, units of zero left out: `90000` is `1m30s`, `0` is `0s`. */
export function formatDurationMs(durationMs: number): string {
  let restMs = Math.round(durationMs);
  let text = '';
  for (const [unit, unitMs] of DURATION_UNITS) {
    const count = Math.floor(restMs / unitMs);
    if (count > 0) text += `${count}${unit}`;
    restMs -= count * unitMs;
  }
  return text || '0s';
}

function countable(amount: number): number | undefined {
  return Number.isSafeInteger(amount) && amount >= 0 ? amount : undefined;
}
