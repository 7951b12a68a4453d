import { readFileSync } from 'node:fs';
import { errorText, systemCode } from '../../pkg/errors/errors.ts';
import type { Config } from './config.ts';
import { deepFreeze } from './deep-freeze.ts';
import { lineAndColumn, offsetOf } from './place.ts';
import type { Environment } from './placeholder.ts';
import { besides, type ConfigError, type Path, pathText } from './problem.ts';
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
  const { tree, problems: unreadable } = readTree(text, env);
  const errors: ConfigError[] = [];
  const report = (offset: number, path: Path, message: string): void => {
    errors.push({ file, ...lineAndColumn(text, offset), path: pathText(path), message });
  };
  for (const { offset, path, message } of unreadable) report(offset, path, message);
  if (tree === undefined) return { ok: false, errors: inOrder(errors) };
  const validation = validate(tree.value);
  const unread = unreadable.filter(({ isUnread }) => isUnread);
  for (const { path, at, message } of besides(validation.problems, unread))
    report(offsetOf(tree.place, path, at), path, message);
  if (validation.config !== undefined && errors.length === 0)
    return { ok: true, config: deepFreeze(validation.config) };
  return { ok: false, errors: inOrder(errors) };
}

function inOrder(errors: readonly ConfigError[]): readonly ConfigError[] {
  return errors.toSorted((a, b) => a.line - b.line || a.column - b.column);
}
