import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { imbalances } from '../../internal/metrics/conservation.ts';
import { parseExposition } from '../../internal/metrics/exposition.ts';
import { type LaunchOptions, startProgram, type TestProcess, type TestScope } from './process.ts';
import { until } from './until.ts';

/** What an agent is started with. */
export interface TestAgentOptions extends LaunchOptions {
  /** The config, as an object or as YAML. Without `server.port` it gets a free one, without `state_dir` one in `dir`. */
  readonly config: object | string;
  /** A folder of the test's own: the config file is written there. */
  readonly dir: string;
}

/** An agent in a process of its own. */
export interface TestAgent {
  readonly pid: number;
  /** Of its server: `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** The process, for its output and its end. */
  readonly process: TestProcess;
  /** Every series of `/metrics` as printed (`name{label="value"}`), with its value. */
  metrics(): Promise<Map<string, number>>;
  /** Resolves when this sink has so many lines. */
  delivered(sink: string, lines: number): Promise<void>;
  /** Fails unless the books of every sink balance (I3), by one scrape alone. */
  assertBalanced(): Promise<void>;
  /** What `/health` says, parsed. */
  health(): Promise<HealthReport>;
  /** What `/api/v1/status` says of each file, parsed. */
  files(): Promise<FileReport[]>;
  /** Writes another config into its file and has it reloaded through the API; resolves with the answer, parsed. */
  reload(config: object | string): Promise<ReloadAnswer>;
  /** Asks it to end and resolves with its exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals>;
  /** Kills it at once, as a crash or the OOM killer would. */
  kill9(): Promise<void>;
}

export interface ComponentReport {
  readonly status: string;
  readonly reason?: string;
  readonly last_error?: { readonly message: string };
}

export interface HealthReport {
  readonly status: string;
  readonly components: Readonly<Record<string, ComponentReport>>;
}

/** As far as tests look at it. */
export interface ReloadAnswer {
  readonly result: string;
  readonly errors?: readonly string[];
  readonly sources: Readonly<Record<'added' | 'changed' | 'removed' | 'waiting', readonly string[]>>;
  readonly sinks: Readonly<Record<'added' | 'changed' | 'removed', readonly string[]>>;
  readonly applied: readonly string[];
  readonly needs_restart: readonly string[];
}

export interface FileReport {
  readonly path: string;
  readonly lagBytes: number;
  readonly waitsFor: string;
  readonly failure?: string;
}

/**
 * One source that reads `paths`, one sink at `url`, and no patience: for tests that wait for lines. Nothing is ever
 * given up; what the sink does not take holds up the reader.
 */
export function pathsToLoki(
  paths: readonly string[],
  url: string,
  dispatcher: object = {},
): Readonly<Record<string, unknown>> {
  return {
    file_monitor: { sources: [{ name: 'app', paths, labels: { job: 'e2e' } }] },
    dispatcher: {
      ...{ batch_timeout: '50ms', retry_delay: '50ms', retry_max_delay: '200ms', max_retries: 1_000_000 },
      ...{ overflow: 'block', circuit_breaker: { reset: '200ms' } },
      ...dispatcher,
    },
    sinks: { loki: { url } },
  };
}

/** Writes the config file of a test's agent and returns its path. */
export function writeConfig({ config, dir }: TestAgentOptions): string {
  const given = (typeof config === 'string' ? parse(config) : config) as { server?: object };
  const server = { host: '127.0.0.1', port: 0, ...given.server };
  const path = join(dir, 'config.yaml');
  writeFileSync(path, stringify({ state_dir: join(dir, 'state'), ...given, server }));
  return path;
}

/** Starts `log-capturer run` and waits until it is ready. It ends with the test `scope` at the latest. */
export async function startAgent(scope: TestScope, options: TestAgentOptions): Promise<TestAgent> {
  const program = startProgram(scope, ['run', '--config', writeConfig(options)], options);
  const { server: url } = JSON.parse(await program.line('stderr', /"agent\.ready"/)) as { server: string };
  const get = async (path: string): Promise<string> => (await fetch(url + path)).text();
  const stop = (signal: NodeJS.Signals): Promise<number | NodeJS.Signals> => {
    program.child.kill(signal);
    return program.exited;
  };
  return {
    pid: program.pid,
    url,
    process: program,
    metrics: async () => parseMetrics(await get('/metrics')),
    delivered: async (sink, lines) => {
      const series = `log_capturer_logs_settled_total{sink="${sink}",outcome="delivered"}`;
      await until(
        async () => parseMetrics(await get('/metrics')).get(series) ?? 0,
        count => count >= lines,
      );
    },
    assertBalanced: async () => {
      const missing = imbalances(parseExposition(await get('/metrics')));
      assert.ok(missing.size > 0, 'no sink has books');
      assert.deepEqual(missing, new Map([...missing.keys()].map(sink => [sink, 0])));
    },
    health: async () => JSON.parse(await get('/health')) as HealthReport,
    files: async () =>
      (JSON.parse(await get('/api/v1/status')) as { file_monitor: FileReport[] }).file_monitor,
    reload: async config => {
      writeConfig({ ...options, config });
      const response = await fetch(`${url}/api/v1/reload`, { method: 'POST' });
      return (await response.json()) as ReloadAnswer;
    },
    stop: (signal = 'SIGTERM') => stop(signal),
    kill9: async () => void (await stop('SIGKILL')),
  };
}

/** Reads the Prometheus text format, as far as the agent writes it. */
function parseMetrics(text: string): Map<string, number> {
  const series = new Map<string, number>();
  for (const line of text.split('\n')) {
    const space = line.lastIndexOf(' ');
    if (space > 0 && !line.startsWith('#')) series.set(line.slice(0, space), Number(line.slice(space + 1)));
  }
  return series;
}
