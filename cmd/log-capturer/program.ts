import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { errorText, LcError } from '../../pkg/errors/errors.ts';
import type { ProgramCommand } from './command.ts';
import { checkCommand } from './commands/check.ts';
import { quickstartCommand } from './commands/quickstart.ts';
import { receiveCommand } from './commands/receive.ts';
import { runCommand } from './commands/run.ts';
import { EXIT } from './exit-codes.ts';

/** Every command, in the order of `--help`. */
const COMMANDS: readonly ProgramCommand[] = [runCommand, checkCommand, receiveCommand, quickstartCommand];

/** Runs one command line and sets the exit code; resolves when the command is done. */
export async function runProgram(argv: readonly string[]): Promise<void> {
  process.on('uncaughtException', error => {
    reportCrash(error);
    process.exit(EXIT.failure);
  });
  try {
    await buildProgram().parseAsync([...argv]);
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    else {
      reportCrash(error);
      process.exitCode = EXIT.failure;
    }
  }
}

function buildProgram(): Command {
  const program = new Command('log-capturer')
    .description('Ships log lines from files and Docker containers to Loki and Kafka.')
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('--help', 'print this help')
    .helpCommand(false)
    .showHelpAfterError('Run with --help for what is possible.')
    .exitOverride();
  for (const command of COMMANDS) command.register(program);
  return program;
}

/** From package.json, two folders up in a checkout and three in the packaged `dist`. */
function packageVersion(): string {
  for (const path of ['../../package.json', '../../../package.json']) {
    try {
      const { version } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
      return String(version);
    } catch {
      // Not at this depth: the other one is the package's.
    }
  }
  return 'unknown';
}

/** Code, message and advice of what nobody caught; the stack only where the error is not one of ours. */
function reportCrash(error: unknown): void {
  const text =
    error instanceof LcError
      ? `${error.code}: ${error.message}${error.advice === undefined ? '' : `\n${error.advice}`}`
      : error instanceof Error
        ? (error.stack ?? error.message)
        : errorText(error);
  process.stderr.write(`log-capturer: ${text}\n`);
}
