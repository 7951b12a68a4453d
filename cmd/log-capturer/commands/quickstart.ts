import { join, resolve } from 'node:path';
import { packageRoot } from '../../../internal/app/package-root.ts';
import type { ProgramCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';

/** `quickstart`: what `npm start` runs. */
export const quickstartCommand: ProgramCommand = {
  register(program) {
    program
      .command('quickstart')
      .description('try it: tail a demo log and /var/log into an embedded receiver')
      .option('--config <file>', 'the config to use', join(packageRoot(), 'configs/quickstart.yaml'))
      .action(async ({ config: file }: { config: string }) => {
        const { readConfig } = await import('../read-config.ts');
        const config = readConfig(file);
        if (config === undefined) return;
        const { runQuickstart } = await import('../../../internal/app/quickstart.ts');
        const demoPath = resolve('quickstart-data/demo.log');
        const end = await runQuickstart({ config, configPath: file, demoPath });
        process.exit({ ok: EXIT.ok, failure: EXIT.failure, drain_deadline: EXIT.drainDeadline }[end]);
      });
  },
};
