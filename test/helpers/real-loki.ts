import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { freePort } from './free-port.ts';
import { type TenantLimits, writeLokiConfig } from './real-loki-config.ts';
import type { Scope } from './scope.ts';
import { until } from './until.ts';

/** How long it may take to answer on a busy machine. */
const START_MS = 60_000;

const MISSING = 'LOG_CAPTURER_LOKI does not name a Loki: test/real-loki/build.sh builds one';

/** For tenants: no limits of rate. */
export const NO_RATES: TenantLimits = {
  ...{ ingestion_rate_mb: 1000, ingestion_burst_size_mb: 1000 },
  ...{ per_stream_rate_limit: '1GB', per_stream_rate_limit_burst: '1GB' },
};

/** The program named by `LOG_CAPTURER_LOKI`; without it the test is skipped loudly. */
export function lokiProgram(context: Pick<TestContext, 'skip'>): string | undefined {
  const program = process.env.LOG_CAPTURER_LOKI;
  if (program === undefined) context.skip(MISSING);
  return program;
}

/** A real Loki in a process of its own, on free ports, with its data in a folder of the test's. */
export class RealLoki {
  readonly url: string;
  readonly #program: string;
  readonly #dir: string;
  #process: ChildProcess | undefined;

  private constructor(program: string, dir: string, port: number) {
    this.#program = program;
    this.#dir = dir;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** Starts one and waits until it takes pushes. It ends with the scope at the latest. */
  static async start(
    scope: Scope,
    program: string,
    tenants: Readonly<Record<string, TenantLimits>> = {},
  ): Promise<RealLoki> {
    const dir = await scope.folder();
    const port = await freePort();
    writeLokiConfig(dir, { http: port, grpc: await freePort(), gossip: await freePort() }, tenants);
    const loki = new RealLoki(program, dir, port);
    scope.after(() => loki.kill9());
    await loki.restart();
    return loki;
  }

  get pid(): number {
    return this.#process!.pid!;
  }

  /** Kills it at once, as a crash or the OOM killer would. */
  async kill9(): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** Starts it again, on its old ports and data; resolves when it takes pushes. */
  async restart(): Promise<void> {
    assert.equal(this.#process, undefined, 'Loki runs');
    const log = openSync(this.#file('loki.log'), 'a');
    const child = spawn(this.#program, [`-config.file=${this.#file('loki.yaml')}`], {
      stdio: ['ignore', log, log],
    });
    this.#process = child;
    child.once('exit', () => {
      this.#process = undefined;
    });
    const giveUpMs = Date.now() + START_MS;
    await until(
      async () => {
        const isAlive = this.#process !== undefined && Date.now() < giveUpMs;
        assert.ok(
          isAlive,
          `Loki does not start: ${readFileSync(this.#file('loki.log'), 'utf8').slice(-2000)}`,
        );
        const response = await fetch(`${this.url}/ready`).catch(() => undefined);
        await response?.arrayBuffer();
        return response?.ok;
      },
      isReady => isReady === true,
    );
  }

  #file(name: string): string {
    return join(this.#dir, name);
  }
}
