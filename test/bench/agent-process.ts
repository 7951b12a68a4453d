import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startProgram, type TestProcess } from '../helpers/process.ts';
import type { BenchScope } from './scope.ts';

/** The agent of a benchmark: its own process, so that its cost can be seen alone. */
export interface BenchAgent extends TestProcess {
  /** The body of one scrape. */
  metrics(): Promise<string>;
}

export interface BenchConfig {
  readonly folder: string;
  /** What to read. */
  readonly paths: readonly string[];
  /** How their lines are written; default: as text. */
  readonly format?: string;
  /** How changes are noticed; default: auto. */
  readonly watch?: string;
  /** Of `docker_monitor`. */
  readonly engines?: readonly Readonly<Record<string, unknown>>[];
  /** Of the sink `loki`, where there is one. */
  readonly url?: string;
  /** More sinks. */
  readonly sinks?: Readonly<Record<string, unknown>>;
  readonly dispatcher?: Readonly<Record<string, unknown>>;
  /** More keys of the sink. */
  readonly sink?: Readonly<Record<string, unknown>>;
}

/** Starts the agent on `config` and waits until it is ready. */
export async function startBenchAgent(scope: BenchScope, config: BenchConfig): Promise<BenchAgent> {
  const file = join(config.folder, 'bench.yaml');
  const document = {
    state_dir: join(config.folder, 'state'),
    server: { port: 0 },
    file_monitor: { sources: sourcesOf(config) },
    docker_monitor: { engines: config.engines ?? [] },
    dispatcher: config.dispatcher ?? {},
    sinks: {
      ...(config.url === undefined ? {} : { loki: { url: config.url, ...config.sink } }),
      ...config.sinks,
    },
  };
  await writeFile(file, JSON.stringify(document));
  const program = startProgram(scope, ['run', '--config', file], { dir: config.folder });
  const ready = JSON.parse(await program.line('stderr', /"agent\.ready"/)) as { server: string };
  return { ...program, metrics: async () => (await fetch(`${ready.server}/metrics`)).text() };
}

function sourcesOf({ paths, format = 'text', watch = 'auto' }: BenchConfig): readonly object[] {
  return paths.length === 0 ? [] : [{ name: 'bench', paths, format, watch, labels: { job: 'bench' } }];
}
