import type { TestContext } from 'node:test';
import { hasDebian, importDebian } from './debian-image.ts';
import { type CommandResult, dockerCommand, said } from './docker-cli.ts';
import { DockerEngine } from './docker-engine.ts';
import { hasDocker } from './docker-parts.ts';
import type { Scope } from './scope.ts';
import { until } from './until.ts';

/** What systemd needs to be pid 1 of a container. */
const RUN = [
  ...['run', '--detach', '--network', 'host', '--cap-add', 'SYS_ADMIN', '--cap-add', 'DAC_READ_SEARCH'],
  ...['--security-opt', 'seccomp=unconfined', '--security-opt', 'apparmor=unconfined'],
  ...[
    '--tmpfs',
    '/run',
    '--tmpfs',
    '/tmp',
    '--volume',
    '/sys/fs/cgroup:/sys/fs/cgroup',
    '--env',
    'container=docker',
  ],
];

/** A Debian that is run by a real systemd, on this machine's network. */
export class SystemdHost {
  readonly #engine: DockerEngine;
  readonly #container: string;

  private constructor(engine: DockerEngine, container: string) {
    this.#engine = engine;
    this.#container = container;
  }

  /** Starts one; `mounts` are folders of this machine by their paths there. Where its parts are missing, skips or fails. */
  static async start(
    test: TestContext,
    scope: Scope,
    mounts: Readonly<Record<string, string>>,
  ): Promise<SystemdHost | undefined> {
    if (!hasDocker(test) || !hasDebian(test)) return undefined;
    const engine = await DockerEngine.start(scope);
    const image = await importDebian(engine);
    const volumes = Object.entries(mounts).flatMap(([there, here]) => ['--volume', `${here}:${there}`]);
    const id = await said(dockerCommand(engine, [...RUN, ...volumes, image, '/lib/systemd/systemd']));
    const host = new SystemdHost(engine, id.trim());
    // systemd does not end for SIGTERM.
    scope.after(async () => void (await dockerCommand(engine, ['rm', '--force', host.#container])));
    await until(
      () => host.run('systemctl is-system-running'),
      ({ stdout }) => /running|degraded/.test(stdout),
    );
    return host;
  }

  /** Runs a shell command there as root. */
  run(script: string): Promise<CommandResult> {
    return dockerCommand(this.#engine, ['exec', this.#container, 'sh', '-c', script]);
  }

  /** What a command says that has to succeed, without the last newline. */
  async say(script: string): Promise<string> {
    return (await said(this.run(script))).replace(/\n$/, '');
  }

  /** A property of a unit, as `systemctl show` has it. */
  show(unit: string, property: string): Promise<string> {
    return this.say(`systemctl show --value --property ${property} ${unit}`);
  }
}
