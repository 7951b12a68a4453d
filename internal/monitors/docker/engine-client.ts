import type Docker from 'dockerode';
import { type Clock, delay } from '../../../pkg/clock/clock.ts';
import { errorText, LcError, systemCode } from '../../../pkg/errors/errors.ts';
import { https } from '../../../pkg/node-http/node-http.ts';
import { type EngineAddress, engineAddress } from './address.ts';
import { type Container, containerOf, plainName } from './container.ts';
import { loadDockerode } from './dockerode.ts';
import type { OnBody } from './http-answer.ts';
import { LogStream, refusalText } from './log-stream.ts';
import type { DockerEngineConfig } from './spec.ts';

/** The newest API of which every call here is known to work. */
const NEWEST_API = 1.44;
/** Docker 1.13, 2017. */
const OLDEST_API = 1.25;
/** Docker 23: its followers read every file of a log. */
const FIRST_WHOLE_API = 1.42;
/** An engine that answers nothing for so long is not there. */
const ANSWER_MS = 30_000;

/** What may change which containers are read, and as what. */
const EVENTS = ['start', 'rename', 'update', 'die', 'destroy'];

/** What a list says of a container. */
export interface Listed {
  readonly id: string;
  readonly name: string;
  readonly isRunning: boolean;
}

/** One engine's API, as far as it is needed. Rejects with `LC_DOCKER_UNREACHABLE` or `LC_DOCKER_REFUSED`. */
export class EngineClient {
  readonly #config: Pick<DockerEngineConfig, 'name' | 'host' | 'tls'>;
  readonly #clock: Clock;
  readonly #isWanted: (label: string) => boolean;
  #address: EngineAddress | undefined;
  #docker: Docker | undefined;
  #version = '';

  /** `isWanted`: whether a label of a container is asked for; others are not kept. */
  constructor(
    config: Pick<DockerEngineConfig, 'name' | 'host' | 'tls'>,
    clock: Clock,
    isWanted: (label: string) => boolean,
  ) {
    this.#config = config;
    this.#isWanted = isWanted;
    this.#clock = clock;
  }

  /** Asks for the engine's version and speaks that from now on. Also rejects with `LC_DOCKER_TOO_OLD`. */
  async connect(): Promise<string> {
    const { host, tls } = this.#config;
    this.#address = await this.#try('read its TLS files', () => engineAddress(host, tls));
    this.#docker = dockerFor(this.#address, undefined);
    const { ApiVersion, MinAPIVersion } = await this.#ask('ask for its version', abortSignal =>
      versionOf(this.#connected, { abortSignal }),
    );
    this.#version = `v${spoken(ApiVersion, MinAPIVersion, host)}`;
    this.#docker = dockerFor(this.#address, this.#version);
    return this.#version;
  }

  /** Whether who follows a log may miss a whole file of it, when the engine rotates it. */
  get mayLeaveOutFiles(): boolean {
    return Number(this.#version.slice(1)) < FIRST_WHOLE_API;
  }

  /** Every container, also those that do not run. */
  async list(): Promise<Listed[]> {
    const containers = await this.#ask('list containers', abortSignal =>
      this.#connected.listContainers({ all: true, abortSignal }),
    );
    return containers.map(({ Id, State, Names }) => ({
      id: Id,
      name: plainName(Names[0] ?? ''),
      isRunning: State === 'running' || State === 'paused',
    }));
  }

  /** `undefined` where it is gone. */
  async inspect(id: string): Promise<Container | undefined> {
    const info = await this.#ask('inspect a container', abortSignal =>
      this.#connected.getContainer(id).inspect({ abortSignal }),
    ).catch((error: unknown) => {
      if (isGone(error)) return undefined;
      throw error;
    });
    return info && containerOf(info, this.#isWanted);
  }

  /** The engine's events of containers, from now on: resolves once they come. */
  async events(signal: AbortSignal): Promise<NodeJS.ReadableStream> {
    return this.#try('ask for events', () =>
      this.#connected.getEvents({ filters: { type: ['container'], event: EVENTS }, abortSignal: signal }),
    );
  }

  /** The log of a container: `follow=1&since=TIME` or `tail=LINES`. */
  logs(id: string, part: string, onBody: OnBody): LogStream {
    const path = `/${this.#version}/containers/${id}/logs?stdout=1&stderr=1&timestamps=1&${part}`;
    return new LogStream(this.#address!, path, onBody);
  }

  get #connected(): Docker {
    if (this.#docker !== undefined) return this.#docker;
    throw new LcError('LC_DOCKER_UNREACHABLE', { message: `engine ${this.#config.name} is not connected` });
  }

  /** A question that is to be answered soon. */
  async #ask<T>(what: string, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const [late, answered] = [new AbortController(), new AbortController()];
    void delay(this.#clock, ANSWER_MS, answered.signal).then(() => late.abort());
    try {
      return await this.#try(what, () => ask(late.signal));
    } finally {
      answered.abort();
    }
  }

  async #try<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw engineError(error, what, this.#config.host);
    }
  }
}

/** The types of dockerode do not know of the options. */
function versionOf(docker: Docker, options: { abortSignal: AbortSignal }): Promise<Docker.DockerVersion> {
  return (docker.version as (given: object) => Promise<Docker.DockerVersion>).call(docker, options);
}

/** Whether the engine said that it has no such container. */
export function isGone(error: unknown): boolean {
  const cause = error instanceof LcError ? error.cause : undefined;
  return statusOf(cause) === 404;
}

function dockerFor(address: EngineAddress, version: string | undefined): Docker {
  const Dockerode = loadDockerode();
  // What the environment says (DOCKER_HOST …) is none of the config.
  const none = { host: undefined, port: undefined, timeout: undefined, version, pathPrefix: '/' };
  if ('path' in address) return new Dockerode({ ...none, socketPath: address.path, protocol: 'http' });
  const { host, port, tls } = address;
  if (tls === undefined) return new Dockerode({ ...none, host, port, protocol: 'http' });
  const agent = new (https().Agent)(tls);
  // docker-modem writes everything it is given into a debug message, wanted or not.
  Object.assign(agent, { [Symbol.for('nodejs.util.inspect.custom')]: () => 'Agent' });
  return new Dockerode({ ...none, host, port, protocol: 'https', agent } as Docker.DockerOptions);
}

/** The version to speak with an engine that has these; versions count as decimals so far (1.24 … 1.52). */
function spoken(newest: string, oldest: string | undefined, host: string): number {
  const version = Math.max(Math.min(Number(newest), NEWEST_API), Number(oldest ?? 0));
  if (version >= OLDEST_API) return version;
  throw new LcError('LC_DOCKER_TOO_OLD', {
    message: `the engine at ${host} speaks version ${String(newest).slice(0, 20)} of the API, and at least ${OLDEST_API} is needed`,
    advice: 'Update the engine: Docker 1.13 of 2017 is new enough.',
  });
}

function statusOf(error: unknown): number | undefined {
  const hasStatus = error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number';
  return hasStatus ? (error.statusCode as number) : undefined;
}

const ADVICE: Readonly<Record<string, string>> = {
  ENOENT: 'Check that the engine runs and that docker_monitor.engines[].host names its socket.',
  ECONNREFUSED: 'Check that the engine runs and listens there.',
  EACCES: 'Run the agent as a user that may use the socket: in the group docker, say.',
};

function engineError(error: unknown, what: string, host: string): LcError {
  if (error instanceof LcError) return error;
  const status = statusOf(error);
  if (status !== undefined) {
    // dockerode writes the status before what the engine said.
    const said = refusalText(errorText(error).replace(/^\(HTTP code \d+\) .*? - /, ''));
    return new LcError('LC_DOCKER_REFUSED', {
      message: `the engine at ${host} refused to ${what}: ${status} ${said}`,
      cause: error,
    });
  }
  const advice = ADVICE[systemCode(error)];
  return new LcError('LC_DOCKER_UNREACHABLE', {
    message: `cannot ${what} at ${host}: ${errorText(error)}`,
    ...(advice === undefined ? {} : { advice }),
    cause: error,
  });
}
