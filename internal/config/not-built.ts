import type { Path, Problem } from './problem.ts';

/** A part of the contract that a later version brings. */
interface NotBuilt {
  /** Keys from the top; `*` is any key or index. */
  readonly path: string;
  /** Whether the value that stands there needs it; `key` is the last key of its path. */
  applies(value: unknown, key: string): boolean;
  readonly message: string;
}

/**
 * What the contract has and this version has not. Using any of it is an error of `check`, never silence.
 * Whoever builds a part removes its row.
 */
const NOT_BUILT: readonly NotBuilt[] = [
  row('docker_monitor.engines.*.read', value => value === 'files', 'is not built yet, expected auto or api'),
];

/** The uses of what is not built yet in a config as it was written. */
export function notBuiltProblems(written: unknown): readonly Problem[] {
  return NOT_BUILT.flatMap(({ path, applies, message }) =>
    matches(written, path.split('.'), [])
      .filter(({ value, path: at }) => applies(value, String(at.at(-1))))
      .map(({ path: at }): Problem => ({ path: at, at: 'value', message })),
  );
}

interface Match {
  readonly value: unknown;
  readonly path: Path;
}

function matches(value: unknown, [step, ...rest]: readonly string[], path: Path): readonly Match[] {
  if (step === undefined) return [{ value, path }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value)
    .filter(([key]) => step === '*' || step === key)
    .flatMap(([key, inner]) => matches(inner, rest, [...path, Array.isArray(value) ? Number(key) : key]));
}

function row(path: string, applies: NotBuilt['applies'], message: string): NotBuilt {
  return { path, applies, message };
}
