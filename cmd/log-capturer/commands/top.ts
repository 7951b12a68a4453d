import { setTimeout } from 'node:timers/promises';
import type { ProgramCommand } from '../command.ts';
import type { TopStatus } from '../top-view.ts';

interface Flags {
  readonly config: string;
  readonly once?: true;
}

const PERIOD_MS = 1000;
const DEFAULT_COLUMNS = 120;
/** To the upper left corner; then what follows is cleared, so that nothing flickers. */
const HOME = '\u001b[H';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';
const OTHER_SCREEN = ['\u001b[?1049h\u001b[?25l', '\u001b[?25h\u001b[?1049l'] as const;

/** `top`: the running agent, live. */
export const topCommand: ProgramCommand = {
  register(program) {
    program
      .command('top')
      .description('watch the running agent: throughput, sinks, files, last errors; Ctrl-C ends it')
      .requiredOption('--config <file>', 'the config of the agent')
      .option('--once', 'print one picture and end; so also where stdout is no terminal')
      .action(async ({ config: file, once }: Flags) => {
        const { readConfig } = await import('../read-config.ts');
        const config = readConfig(file);
        if (config === undefined) return;
        const [{ askAgentWell }, { topView }] = await Promise.all([
          import('../../../internal/app/api-client.ts'),
          import('../top-view.ts'),
        ]);
        const picture = async (): Promise<string> => {
          const status = await askAgentWell<TopStatus>(config.server, '/api/v1/status');
          return topView(status, process.stdout.columns ?? DEFAULT_COLUMNS);
        };
        if (once || !process.stdout.isTTY) process.stdout.write(`${await picture()}\n`);
        else await live(picture);
      });
  },
};

/** Draws on the terminal's other screen until Ctrl-C, or another end, which gives the terminal back; rejects when the agent does not answer any more. */
async function live(picture: () => Promise<string>): Promise<void> {
  const ended = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => ended.abort());
  process.stdout.write(OTHER_SCREEN[0]);
  try {
    while (!ended.signal.aborted) {
      const lines = (await picture()).split('\n').slice(0, process.stdout.rows - 1);
      process.stdout.write(`${HOME}${lines.map(line => `${line}${CLEAR_LINE}\n`).join('')}${CLEAR_BELOW}`);
      await setTimeout(PERIOD_MS, undefined, { signal: ended.signal }).catch(ignoreAbort);
    }
  } finally {
    process.stdout.write(OTHER_SCREEN[1]);
  }
}

function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error && error.name === 'AbortError')) throw error;
}
