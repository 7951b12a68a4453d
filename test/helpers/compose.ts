import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { dockerCommand, said } from './docker-cli.ts';
import type { DockerEngine } from './docker-engine.ts';
import type { Scope } from './scope.ts';

const EXAMPLES = join(import.meta.dirname, '../../deploy/docker');

/** One of the compose examples, brought up by docker-compose. */
export class ComposeExample {
  readonly #engine: DockerEngine;
  readonly #args: readonly string[];

  private constructor(engine: DockerEngine, name: string, override: string) {
    this.#engine = engine;
    const file = join(EXAMPLES, name, 'compose.yaml');
    this.#args = ['--project-name', name, '--file', file, '--file', override];
  }

  /** Starts these services of the example `name`, with what `override` changes. They end with the scope. */
  static async up(
    engine: DockerEngine,
    scope: Scope,
    name: string,
    { services, override }: { services: readonly string[]; override: object },
  ): Promise<ComposeExample> {
    const path = join(await scope.folder(), 'override.yaml');
    writeFileSync(path, stringify(override));
    const example = new ComposeExample(engine, name, path);
    scope.after(async () => void (await example.#run('down', '--volumes', '--timeout', '1')));
    await said(example.#run('up', '--detach', '--no-build', ...services));
    return example;
  }

  /** Runs docker-compose: `stop log-capturer`, say. */
  async compose(...args: readonly string[]): Promise<string> {
    return said(this.#run(...args));
  }

  /** A property of a service's container by its template, as `docker inspect` has it. */
  async inspect(service: string, template: string): Promise<string> {
    const id = (await this.compose('ps', '--quiet', service)).trim();
    return (await said(dockerCommand(this.#engine, ['inspect', '--format', template, id]))).trim();
  }

  /** The address of a service on the engine's network, which this machine reaches. */
  address(service: string): Promise<string> {
    return this.inspect(service, '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}');
  }

  #run(...args: readonly string[]): ReturnType<typeof dockerCommand> {
    const { socket } = this.#engine;
    const env = { DOCKER_SOCKET: socket, DOCKER_GID: `${statSync(socket).gid}` };
    return dockerCommand(this.#engine, [...this.#args, ...args], { command: 'docker-compose', env });
  }
}
