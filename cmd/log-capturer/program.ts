import { Command, CommanderError } from 'commander';
import { version } from '../../internal/app/version.ts';
import { errorText, LcError } from '../../pkg/errors/errors.ts';
import { maskCredentials } from '../../pkg/errors/mask.ts';
import type { ProgramCommand } from './command.ts';
import { checkCommand } from './commands/check.ts';
import { dlqCommand } from './commands/dlq.ts';
import { explainCommand } from './commands/explain.ts';
import { healthCommand } from './commands/health.ts';
import { positionsCommand } from './commands/positions.ts';
import { quickstartCommand } from './commands/quickstart.ts';
import { receiveCommand } from './commands/receive.ts';
import { runCommand } from './commands/run.ts';
import { shellCommand } from './commands/shell.ts';
import { topCommand } from './commands/top.ts';
import { warmCommand } from './commands/warm.ts';
import { EXIT } from './exit-codes.ts';

/** Every command, in the order of `--help`. */
const COMMANDS: readonly ProgramCommand[] = [
  runCommand,
  checkCommand,
  explainCommand,
  healthCommand,
  topCommand,
  dlqCommand,
  positionsCommand,
  receiveCommand,
  quickstartCommand,
  shellCommand,
  warmCommand,
];

/** Runs one command line and sets the exit code; resolves when the command is done. */
export async function runProgram(argv: readonly string[]): Promise<void> {
  process.on('uncaughtException', error => {
    reportCrash(error);
    process.exit(EXIT.failure);
  });
  try {
    await buildProgram().parseAsync([...argv]);
  } catch (error) {
    // Commander has printed what it threw: help, the version, or what is wrong with the command line.
    if (!(error instanceof CommanderError)) reportCrash(error);
    process.exitCode = exitCode(error);
  }
}

/** The command line, for `runProgram` and for tests of what is made of it. */
export function buildProgram(): Command {
  const program = new Command('log-capturer')
    .description('Ships log lines from files and Docker containers to Loki and Kafka.')
    .version(version(), '--version', 'print the version')
    .helpOption('--help', 'print this help')
    .helpCommand(false)
    .showHelpAfterError('Run with --help for what is possible.')
    .exitOverride();
  for (const command of COMMANDS) command.register(program);
  return program;
}

function exitCode(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const isUsage =
    error instanceof LcError && (error.code === 'LC_USAGE' || error.code.startsWith('LC_CONFIG_'));
  return isUsage ? EXIT.usage : EXIT.failure;
}

/** Code, message and advice of what nobody caught; for an error that is none of ours, its stack. */
function reportCrash(error: unknown): void {
  process.stderr.write(`log-capturer: ${maskCredentials(crashText(error))}\n`);
}

function crashText(error: unknown): string {
  if (!(error instanceof LcError)) return error instanceof Error ? String(error.stack) : errorText(error);
  const advice = error.advice === undefined ? '' : `\n${error.advice}`;
  return `${error.code}: ${error.message}${advice}`;
}
