import { readFileSync } from 'node:fs';
import { errorText, systemCode } from '../../pkg/errors/errors.ts';
import type { Config } from './config.ts';
import { deepFreeze } from './deep-freeze.ts';
import { offsetOf } from './place.ts';
import type { Environment } from './placeholder.ts';
import { type ConfigError, type Path, type Problem, pathText } from './problem.ts';
import { readTree } from './tree.ts';
import { validate } from './validate.ts';

export type LoadResult =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly errors: readonly ConfigError[] };

/**
 * Reads the config at `file` and fills it in from `env`. Gives the frozen config, or all that is wrong with it
 * in the order of the text. Touches no other files than those that `${file:…}` names. Never throws for what
 * stands in the file.
 */
export function loadConfig(file: string, env: Environment): LoadResult {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const message = `cannot be read (${systemCode(error) || errorText(error)}), expected a YAML file`;
    return { ok: false, errors: [{ file, line: 1, column: 1, path: '', message }] };
  }
  return parseConfig(file, text, env);
}

/** `loadConfig` of a text at hand; `file` is only for the errors. */
export function parseConfig(file: string, text: string, env: Environment): LoadResult {
  const { lines, syntax, tree } = readTree(text, env);
  const errorAt = (offset: number, path: string, message: string): ConfigError => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col), path, message };
  };
  const errors = syntax.map(({ offset, message }) => errorAt(offset, '', message));
  if (tree === undefined) return { ok: false, errors };
  const { config, problems } = validate(tree.value);
  for (const { path, at, message } of [...tree.problems, ...besides(problems, tree.problems)])
    errors.push(errorAt(offsetOf(tree.place, path, at), pathText(path), message));
  if (config !== undefined && errors.length === 0) return { ok: true, config: deepFreeze(config) };
  return { ok: false, errors: errors.sort((a, b) => a.line - b.line || a.column - b.column) };
}

/** Problems of values that could be read at all: the others are reported already. */
function besides(problems: readonly Problem[], unread: readonly Problem[]): readonly Problem[] {
  const isWithin = (path: Path, outer: Path): boolean => outer.every((step, i) => path[i] === step);
  return problems.filter(({ path }) => !unread.some(problem => isWithin(path, problem.path)));
}
