import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import Docker from 'dockerode';
import { importBusybox } from './docker-image.ts';
import { ENGINE_PREFIX, killManaged, killStrays, sweepAbandoned, unmountAll } from './docker-strays.ts';
import type { Scope } from './scope.ts';
import { standStill } from './standstill.ts';
import { TestContainer, type TestContainerOptions } from './test-container.ts';
import { until } from './until.ts';

export interface DockerEngineOptions {
  /** More of `dockerd`'s arguments: `--live-restore`, say. */
  readonly args?: readonly string[];
}

/** How long an engine may take to end by itself. */
const END_MS = 20_000;

/**
 * A Docker engine of the test's own: `dockerd` with a folder and a socket of its own, without network. It needs root
 * and Debian's packages docker.io and busybox-static (`docker-parts.ts`). It dies with the test's process at the latest.
 */
export class DockerEngine {
  readonly dir: string;
  /** Where it listens. */
  readonly socket: string;
  readonly docker: Docker;
  readonly #args: readonly string[];
  readonly #output: string[] = [];
  readonly #containers: TestContainer[] = [];
  #process: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();

  private constructor(dir: string, args: readonly string[]) {
    this.dir = dir;
    this.socket = join(dir, 'docker.sock');
    this.docker = new Docker({ socketPath: this.socket });
    this.#args = args;
  }

  /** An engine that answers, with the image of `test-container.ts`. */
  static async start(scope: Scope, { args = [] }: DockerEngineOptions = {}): Promise<DockerEngine> {
    await sweepAbandoned();
    const engine = new DockerEngine(await mkdtemp(`${ENGINE_PREFIX}${process.pid}-`), args);
    scope.after(() => engine.#cleanUp());
    await engine.start();
    await importBusybox(engine.docker, engine.dir);
    return engine;
  }

  get pid(): number {
    return this.#process!.pid!;
  }

  /** Where the engine keeps its containers: the `root` of json-file logs. */
  get dataDir(): string {
    return join(this.dir, 'data');
  }

  /** Starts the engine again on what it left. */
  async start(): Promise<void> {
    const args = [
      ...['--data-root', this.dataDir, '--exec-root', join(this.dir, 'exec')],
      ...['--pidfile', join(this.dir, 'dockerd.pid'), '-H', `unix://${this.socket}`],
      ...['--bridge', 'none', '--iptables=false', '--ip6tables=false', '--log-level', 'warn', ...this.#args],
    ];
    const child = spawn('setpriv', ['--pdeathsig', 'TERM', 'dockerd', ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#process = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => this.#output.push(text));
    let hasEnded = false;
    this.#ended = new Promise(resolve => {
      child.once('exit', () => {
        hasEnded = true;
        resolve();
      });
    });
    const answers = (): Promise<boolean> =>
      this.docker.ping().then(
        () => true,
        () => hasEnded,
      );
    await until(answers, Boolean);
    if (hasEnded) throw new Error(`dockerd ended: ${this.#output.join('')}`);
  }

  /** Ends the engine as a restart of its service does; containers end with it, unless it has `--live-restore`. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#process?.kill(signal);
    await this.#ended;
    // It had no time to end what it manages, and the next engine would wait for it in vain.
    if (signal === 'SIGKILL') await killManaged(this.dir);
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Holds the engine still, as a machine under heavy load does: it answers nobody until `thaw`. */
  async freeze(): Promise<void> {
    await standStill(this.#process!.pid!);
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  /** Makes a container and starts it. */
  async run(options: TestContainerOptions): Promise<TestContainer> {
    const container = await this.create(options);
    await container.start();
    return container;
  }

  /** Makes a container. */
  async create(options: TestContainerOptions): Promise<TestContainer> {
    const container = await TestContainer.create(this.docker, this.dir, options);
    this.#containers.push(container);
    return container;
  }

  /** What the engine wrote so far. */
  output(): string {
    return this.#output.join('');
  }

  /** Nothing stays: no process, no mount, no file. */
  async #cleanUp(): Promise<void> {
    for (const container of this.#containers) await container.closePipes();
    this.thaw();
    this.#process?.kill('SIGTERM');
    const timer = setTimeout(() => this.#process?.kill('SIGKILL'), END_MS);
    await this.#ended;
    clearTimeout(timer);
    await killStrays(this.dir);
    await unmountAll(this.dir);
    await rm(this.dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** Where the container's json-file log is, as the engine says. */
export async function logPath(container: TestContainer): Promise<string> {
  return ((await container.inspect()) as unknown as { LogPath: string }).LogPath;
}

/** What stands in the container's json-file log. */
export async function rawLog(container: TestContainer): Promise<string> {
  return readFile(await logPath(container), 'utf8');
}
