import { execFile } from 'node:child_process';
import { mkdtemp, open } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type Docker from 'dockerode';
import { IMAGE } from './docker-image.ts';
import { logLine } from './log-lines.ts';

export interface TestContainerOptions {
  readonly name?: string;
  /** A shell script; default: prints what the test says (`print`, `printError`) until `end`. */
  readonly script?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly tty?: boolean;
  /** More folders of the machine, as `FROM:TO[:ro]`. */
  readonly binds?: readonly string[];
  /** Default: none. */
  readonly network?: 'none' | 'host';
  readonly logDriver?: string;
  readonly logOptions?: Readonly<Record<string, string>>;
}

/** Prints what comes through two named pipes; `/io` is a folder of the test. */
const PRINTER = 'cat /io/err >&2 & cat /io/out; wait';

type PipeName = 'out' | 'err';

/** A container of numbered lines, that a test prints whatever happens to it meanwhile. */
export class TestContainer {
  /** Its name when it was made, and the first word of its numbered lines. */
  readonly source: string;
  readonly id: string;
  /** The folder that is `/io` inside. */
  readonly io: string;
  /** Numbered lines printed so far. */
  lines = 0;
  readonly #container: Docker.Container;
  readonly #pipes = new Map<PipeName, Awaited<ReturnType<typeof open>>>();

  private constructor(source: string, io: string, container: Docker.Container) {
    this.source = source;
    this.id = container.id;
    this.io = io;
    this.#container = container;
  }

  static async create(docker: Docker, dir: string, options: TestContainerOptions): Promise<TestContainer> {
    const io = await mkdtemp(join(dir, 'io-'));
    const isPrinter = options.script === undefined;
    if (isPrinter) await promisify(execFile)('mkfifo', [join(io, 'out'), join(io, 'err')]);
    const container = await docker.createContainer({
      ...(options.name === undefined ? {} : { name: options.name }),
      Image: IMAGE,
      Cmd: ['/bin/sh', '-c', options.script ?? PRINTER],
      Labels: { ...options.labels },
      Tty: options.tty ?? false,
      // What prints does not care for SIGTERM.
      StopSignal: 'SIGKILL',
      HostConfig: {
        Binds: [`${io}:/io`, ...(options.binds ?? [])],
        NetworkMode: options.network ?? 'none',
        LogConfig: { Type: options.logDriver ?? 'json-file', Config: { ...options.logOptions } },
      },
    });
    const test = new TestContainer(options.name ?? container.id.slice(0, 12), io, container);
    // Opened for reading too, so that it neither waits for the container nor loses what nobody has read.
    if (isPrinter) {
      for (const name of ['out', 'err'] as const) test.#pipes.set(name, await open(join(io, name), 'r+'));
    }
    return test;
  }

  /** Prints to stdout. Resolves when the text is on its way into the container. */
  async print(text: string | Buffer): Promise<void> {
    await this.#write('out', text);
  }

  /** Prints to stderr. */
  async printError(text: string | Buffer): Promise<void> {
    await this.#write('err', text);
  }

  /** Prints the next `count` numbered lines to stdout. */
  async append(count: number): Promise<void> {
    let text = '';
    for (const end = this.lines + count; this.lines < end; this.lines++)
      text += `${logLine(this.source, this.lines)}\n`;
    await this.print(text);
  }

  /** Lets the printer end by itself, once everything is printed. */
  async end(): Promise<void> {
    await this.closePipes();
    await this.wait();
  }

  /** Prints no more. */
  async closePipes(): Promise<void> {
    for (const pipe of this.#pipes.values()) await pipe.close();
    this.#pipes.clear();
  }

  async start(): Promise<void> {
    await this.#container.start();
  }

  async stop(): Promise<void> {
    await this.#container.stop();
  }

  async kill(): Promise<void> {
    await this.#container.kill();
  }

  async pause(): Promise<void> {
    await this.#container.pause();
  }

  async unpause(): Promise<void> {
    await this.#container.unpause();
  }

  async rename(name: string): Promise<void> {
    await this.#container.rename({ name });
  }

  async remove(): Promise<void> {
    await this.#container.remove({ force: true });
  }

  /** Resolves with its exit code. */
  async wait(): Promise<number> {
    return ((await this.#container.wait()) as { StatusCode: number }).StatusCode;
  }

  inspect(): Promise<Docker.ContainerInspectInfo> {
    return this.#container.inspect();
  }

  async #write(name: PipeName, text: string | Buffer): Promise<void> {
    const pipe = this.#pipes.get(name);
    if (pipe === undefined) throw new Error(`${this.source} has a script of its own, or has ended`);
    const bytes = Buffer.from(text);
    for (let done = 0; done < bytes.length; ) done += (await pipe.write(bytes, done)).bytesWritten;
  }
}
