import type { ProgramCommand } from '../command.ts';
import { EXIT, exitNow } from '../exit-codes.ts';

/** `run`: the agent, until SIGTERM or SIGINT. */
export const runCommand: ProgramCommand = {
  register(program) {
    program
      .command('run')
      .description('ship log lines until SIGTERM or SIGINT')
      .requiredOption('--config <file>', 'the config to read')
      .action(async ({ config: file }: { config: string }) => {
        const { readConfig } = await import('../read-config.ts');
        const config = readConfig(file);
        if (config === undefined) return;
        const { loadConfig } = await import('../../../internal/config/load.ts');
        const { runAgent } = await import('../../../internal/app/run.ts');
        const end = await runAgent(config, () => loadConfig(file, process.env));
        // A sink or a mount that hangs must not keep the process.
        exitNow({ ok: EXIT.ok, failure: EXIT.failure, drain_deadline: EXIT.drainDeadline }[end]);
      });
  },
};
