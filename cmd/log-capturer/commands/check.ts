import type { ProgramCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';

/** `check`: reads a config and says all that is wrong with it. No network, and no file but the config's own. */
export const checkCommand: ProgramCommand = {
  register(program) {
    program
      .command('check')
      .description('validate a config without starting anything')
      .requiredOption('--config <file>', 'the config to read')
      .action(async ({ config: file }: { config: string }) => {
        const { readConfig } = await import('../read-config.ts');
        const config = readConfig(file);
        if (config === undefined) return;
        const { fileMonitor, dockerMonitor, sinks } = config;
        const sources = [...fileMonitor.sources, ...dockerMonitor.engines];
        process.stdout.write(`${file}: good; sources: ${names(sources)}; sinks: ${names(sinks)}\n`);
        process.exitCode = EXIT.ok;
      });
  },
};

function names(parts: readonly { readonly name: string }[]): string {
  return parts.map(({ name }) => name).join(', ');
}
