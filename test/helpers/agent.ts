import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { startProgram, type TestProcess, type TestScope } from './process.ts';

const READY_POLL_MS = 10;

/** What an agent is started with. */
export interface TestAgentOptions {
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
  /** Asks it to end and resolves with its exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals>;
  /** Kills it at once, as a crash or the OOM killer would. */
  kill9(): Promise<void>;
}

/** Starts `log-capturer run` and waits until it is ready. It ends with the test `scope` at the latest. */
export async function startAgent(scope: TestScope, { config, dir }: TestAgentOptions): Promise<TestAgent> {
  const given = (typeof config === 'string' ? parse(config) : config) as { server?: { port?: number } };
  const port = given.server?.port ?? (await freePort());
  const whole = {
    state_dir: join(dir, 'state'),
    ...given,
    server: { host: '127.0.0.1', ...given.server, port },
  };
  const path = join(dir, 'config.yaml');
  writeFileSync(path, stringify(whole));
  const program = startProgram(scope, ['run', '--config', path], dir);
  const url = `http://127.0.0.1:${port}`;
  await ready(url, program);
  const stop = (signal: NodeJS.Signals): Promise<number | NodeJS.Signals> => {
    program.child.kill(signal);
    return program.exited;
  };
  return {
    pid: program.pid,
    url,
    process: program,
    metrics: async () => parseMetrics(await (await fetch(`${url}/metrics`)).text()),
    stop: (signal = 'SIGTERM') => stop(signal),
    kill9: async () => void (await stop('SIGKILL')),
  };
}

/** Asks `/ready` again and again: a process that starts has no other way to say so to any caller. */
async function ready(url: string, program: TestProcess): Promise<void> {
  let ended: number | NodeJS.Signals | undefined;
  void program.exited.then(how => {
    ended = how;
  });
  while (ended === undefined) {
    const response = await fetch(`${url}/ready`).catch(() => undefined);
    await response?.arrayBuffer();
    if (response?.status === 200) return;
    await new Promise(resolve => setTimeout(resolve, READY_POLL_MS));
  }
  throw new Error(`the agent ended (${ended}) before it was ready: ${program.stderr()}`);
}

/** Reads the Prometheus text format, as far as the agent writes it. */
export function parseMetrics(text: string): Map<string, number> {
  const series = new Map<string, number>();
  for (const line of text.split('\n')) {
    const space = line.lastIndexOf(' ');
    if (space > 0 && !line.startsWith('#')) series.set(line.slice(0, space), Number(line.slice(space + 1)));
  }
  return series;
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  const port = await new Promise<number>(resolve => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
  await new Promise(resolve => server.close(resolve));
  return port;
}
