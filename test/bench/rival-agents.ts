import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startProgram } from '../helpers/process.ts';
import { startBenchAgent } from './agent-process.ts';
import type { BenchScope } from './scope.ts';

export const RIVALS_TOPIC = 'logs';

/** An agent that can be asked to ship one file to `address`: a Loki's URL, or a broker of Kafka. */
export interface Rival {
  /** The command that has to be there; none for this agent. */
  readonly command?: string;
  start(scope: BenchScope, path: string, address: string): Promise<{ readonly pid: number }>;
}

/** Lines as they come, in pushes of the size that each agent has by itself. */
export const TO_LOKI: readonly Rival[] = [
  {
    start: async (scope, path, url) =>
      startBenchAgent(scope, { folder: await scope.folder(), paths: [path], url }),
  },
  {
    command: 'promtail',
    async start(scope, path, url) {
      const config = {
        server: { disable: true },
        positions: { filename: join(await scope.folder(), 'positions.yaml') },
        clients: [{ url: `${url}/loki/api/v1/push` }],
        scrape_configs: [
          { job_name: 'bench', static_configs: [{ labels: { job: 'bench', __path__: path } }] },
        ],
      };
      return startWith(scope, JSON.stringify(config), file => ['promtail', `-config.file=${file}`]);
    },
  },
];

/** Lines as they are, lz4, acknowledged by all replicas, each stored once. */
export const TO_KAFKA: readonly Rival[] = [
  {
    start: async (scope, path, broker) =>
      startBenchAgent(scope, {
        ...{ folder: await scope.folder(), paths: [path] },
        sinks: { kafka: { brokers: [broker], topic: RIVALS_TOPIC, format: 'raw', compression: 'lz4' } },
      }),
  },
  {
    command: 'rsyslogd',
    async start(scope, path, broker) {
      const dir = await scope.folder();
      const producer = ['compression.codec=lz4', 'acks=all', 'enable.idempotence=true'];
      const config = [
        `global(workDirectory="${dir}")`,
        'module(load="imfile")',
        'module(load="omkafka")',
        'template(name="line" type="string" string="%msg%")',
        `ruleset(name="bench") { action(type="omkafka" broker="${broker}" topic="${RIVALS_TOPIC}"`,
        `template="line" confParam=${JSON.stringify(producer)}) }`,
        `input(type="imfile" File="${path}" Tag="bench" ruleset="bench")`,
      ];
      const pidFile = join(dir, 'pid');
      return startWith(scope, config.join('\n'), file => ['rsyslogd', '-n', '-f', file, '-i', pidFile]);
    },
  },
];

async function startWith(
  scope: BenchScope,
  config: string,
  command: (configFile: string) => readonly string[],
): Promise<{ readonly pid: number }> {
  const file = join(await scope.folder(), 'config');
  await writeFile(file, config);
  return startProgram(scope, [], { program: command(file) });
}
