import type { HealthAnswer } from '../../../internal/app/health-command.ts';
import type { ProgramCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { table } from '../table.ts';

interface Flags {
  readonly config: string;
  readonly json?: true;
}

/** `health`: for the HEALTHCHECK of an image, and for people. */
export const healthCommand: ProgramCommand = {
  register(program) {
    program
      .command('health')
      .description(
        'ask the running agent how it is: exit code 0 while it makes progress, 1 when it is stuck or silent',
      )
      .requiredOption('--config <file>', 'the config of the agent')
      .option('--json', 'print JSON for programs')
      .action(async ({ config: file, json }: Flags) => {
        const { readConfig } = await import('../read-config.ts');
        const config = readConfig(file);
        if (config === undefined) return;
        const { askHealth } = await import('../../../internal/app/health-command.ts');
        const answer = await askHealth(config);
        process.stdout.write(json ? `${JSON.stringify(answer, null, 2)}\n` : textOf(answer));
        process.exitCode = answer.status === 'failed' ? EXIT.failure : EXIT.ok;
      });
  },
};

function textOf({ status, components }: HealthAnswer): string {
  const rows = Object.entries(components).map(([name, { status, since, reason = '' }]) => [
    ...[name, status, since, reason],
  ]);
  return `${status}\n${table(['PART', 'STATUS', 'SINCE', 'WHY'], rows)}`;
}
