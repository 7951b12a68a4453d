/** Where a value stands in the config: keys and list indexes from the top. */
export type Path = readonly (string | number)[];

/** Something wrong with the config, before it is known where in the file that is. */
export interface Problem {
  readonly path: Path;
  /** Whether the key is wrong itself, or what stands behind it. */
  readonly at: 'key' | 'value';
  /** What is wrong, what is expected. Never repeats a value. */
  readonly message: string;
}

/** Something wrong with the config, at its place. Lines and columns count from 1. */
export interface ConfigError {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** `sinks.loki.url`; empty where the file as a whole is wrong. */
  readonly path: string;
  readonly message: string;
}

/** `file:line:column: path: what is wrong, what is expected`, on one line whatever the file holds. */
export function formatError({ file, line, column, path, message }: ConfigError): string {
  return `${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}${message}`;
}

const PLAIN_KEY = /^[\p{L}\p{N}_:/@+-]+$/u;

/** `file_monitor.sources[0].paths`; keys with unusual characters are quoted. */
export function pathText(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (!PLAIN_KEY.test(step)) text += `[${JSON.stringify(step)}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

/** The problems that are not at or below a path of `others`, where all is said already. */
export function besides(
  problems: readonly Problem[],
  others: readonly { readonly path: Path }[],
): readonly Problem[] {
  const isWithin = (path: Path, outer: Path): boolean => outer.every((step, i) => path[i] === step);
  return problems.filter(({ path }) => !others.some(other => isWithin(path, other.path)));
}
