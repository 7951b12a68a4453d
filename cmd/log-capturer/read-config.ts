import type { Config } from '../../internal/config/config.ts';
import { loadConfig } from '../../internal/config/load.ts';
import { formatError } from '../../internal/config/problem.ts';
import { EXIT } from './exit-codes.ts';

/**
 * The config in `file`; or `undefined` after every error was printed to stderr and the exit code was set. For
 * every command that takes `--config`.
 */
export function readConfig(file: string): Config | undefined {
  const result = loadConfig(file, process.env);
  if (result.ok) return result.config;
  process.stderr.write(`${result.errors.map(formatError).join('\n')}\n`);
  process.exitCode = EXIT.usage;
  return undefined;
}
