import type { Command } from 'commander';

/**
 * One command of the program, in a file of its own under `commands/`. Heavy imports belong inside the action,
 * so that `--help` and `check` stay quick. An action sets `process.exitCode` (exit-codes.ts) or throws.
 */
export interface ProgramCommand {
  register(program: Command): void;
}
