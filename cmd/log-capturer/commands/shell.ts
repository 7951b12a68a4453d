import { Argument } from 'commander';
import type { ProgramCommand } from '../command.ts';
import { SHELLS, type Shell } from '../completions.ts';

/** `completion` and `man`: what a package installs beside the program, made of the same declarations as `--help`. */
export const shellCommand: ProgramCommand = {
  register(program) {
    program
      .command('completion')
      .description('print completions for a shell: source <(log-capturer completion bash)')
      .addArgument(new Argument('<shell>', 'whose').choices(SHELLS))
      .action(async (shell: Shell) => {
        const { completionScript } = await import('../completions.ts');
        const { declarationOf } = await import('../declarations.ts');
        process.stdout.write(completionScript(shell, declarationOf(program)));
      });
    program
      .command('man')
      .description('print the manual page: log-capturer man | man -l -')
      .action(async () => {
        const { manPage } = await import('../man-page.ts');
        const { declarationOf } = await import('../declarations.ts');
        process.stdout.write(manPage(declarationOf(program), program.version() ?? ''));
      });
  },
};
