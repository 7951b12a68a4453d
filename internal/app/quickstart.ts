import { createWriteStream, existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemClock } from '../../pkg/clock/clock.ts';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { DEFAULT_OPTIONS } from '../receiver/options.ts';
import { Receiver } from '../receiver/receiver.ts';
import { silentLogger } from '../selflog/logger.ts';
import { type RunExit, runAgent } from './run.ts';

/** The demo log grows by one line each period. */
const DEMO_PERIOD_MS = 300;

const DEMO_LINES = [
  'INFO  checkout: order placed items=3 total=58.90',
  'INFO  http: GET /api/v1/items/4711 200 12ms',
  'DEBUG cache: hit key=user:83921',
  'WARN  payments: provider slow latency=1840ms',
  'INFO  http: POST /api/v1/cart 201 33ms',
  'ERROR mailer: connection refused host=smtp.internal port=25',
];

export interface QuickstartOptions {
  readonly config: Config;
  /** The config's path, to be shown. */
  readonly configPath: string;
  /** The file that demo lines are written to; the config tails it. */
  readonly demoPath: string;
}

/**
 * `npm start`: receiver and agent in one process, and a demo log to look at. Ends as `runAgent` does. Rejects with
 * `LC_SERVER_LISTEN` when a port is taken.
 */
export async function runQuickstart({ config, configPath, demoPath }: QuickstartOptions): Promise<RunExit> {
  const loki = config.sinks.find(sink => sink.type === 'loki');
  const url = new URL(loki?.type === 'loki' ? loki.options.url : 'http://127.0.0.1:3100');
  const options = { ...DEFAULT_OPTIONS, host: url.hostname, port: Number(url.port || 80) };
  const receiver = new Receiver(options, { clock: systemClock, log: silentLogger });
  await receiver.start();
  const demo = startDemo(demoPath);
  tell([
    'log-capturer is starting: it tails a demo log and /var/log into a small Loki of its own.',
    '',
    `  lines, live   ${receiver.url}/`,
    `  metrics       http://${config.server.host}:${config.server.port}/metrics`,
    `  health        http://${config.server.host}:${config.server.port}/health`,
    `  config        ${configPath}`,
    `  demo log      ${demoPath}`,
    '',
    'Ctrl-C stops it. To ship to a Loki of yours, copy the config, change the url, and run:',
    `  ${programName()} run --config FILE`,
    '',
  ]);
  try {
    return await runAgent(withEnginesThatAreThere(config), () => loadConfig(configPath, process.env));
  } finally {
    demo.stop();
    await receiver.close();
  }
}

/** Without the engines that have no socket here: nobody who tries the agent out has to have Docker. */
function withEnginesThatAreThere(config: Config): Config {
  const engines = config.dockerMonitor.engines.filter(
    ({ host }) => !host.startsWith('unix://') || existsSync(host.slice('unix://'.length)),
  );
  return { ...config, dockerMonitor: { ...config.dockerMonitor, engines } };
}

function startDemo(path: string): { stop(): void } {
  mkdirSync(dirname(path), { recursive: true });
  const file = createWriteStream(path, { flags: 'w' });
  let n = 0;
  const timer = systemClock.every(DEMO_PERIOD_MS, () => {
    file.write(`${new Date().toISOString()} ${DEMO_LINES[n++ % DEMO_LINES.length]} request=${n}\n`);
  });
  return {
    stop: () => {
      timer.clear();
      file.end();
    },
  };
}

/** How the program is called from here: from a checkout, or as a package. */
function programName(): string {
  const isCheckout = process.argv[1]?.endsWith('.ts') === true;
  return isCheckout ? 'node_modules/.bin/node cmd/log-capturer/main.ts' : 'log-capturer';
}

function tell(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}
