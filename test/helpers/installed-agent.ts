import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, globSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { stringify } from 'yaml';
import { pathsToLoki } from './agent.ts';
import type { CommandResult } from './docker-cli.ts';
import { freePort } from './free-port.ts';
import { NumberedLog } from './numbered-log.ts';
import { startReceiver, type TestReceiver } from './receiver.ts';
import type { Scope } from './scope.ts';
import { SystemdHost } from './systemd-host.ts';

const ROOT = join(import.meta.dirname, '../..');
const UNIT = 'log-capturer.service';
/** Debian's group of those who may read logs. */
const ADM = 4;

/** Where an operator changes the unit. */
export const DROP_INS = `/etc/systemd/system/${UNIT}.d`;

/** The config that the package installs. */
export const CONFIG = '/etc/log-capturer/log-capturer.yaml';

/** The .deb on a host with systemd, a log that only root and adm may read, and a receiver. */
export class InstalledAgent {
  readonly host: SystemdHost;
  /** The package's name in `/shared` of the host, which is `dir` here. */
  readonly deb: string;
  readonly dir: string;
  readonly receiver: TestReceiver;
  readonly log: NumberedLog;
  readonly #port: number;

  private constructor(
    host: SystemdHost,
    dir: string,
    receiver: TestReceiver,
    log: NumberedLog,
    port: number,
  ) {
    this.host = host;
    this.dir = dir;
    this.receiver = receiver;
    this.log = log;
    this.#port = port;
    this.deb = buildDeb(dir);
  }

  /** Makes the host and the package; nothing is installed yet. Skips, or fails, where a part of that is missing. */
  static async prepare(test: TestContext, scope: Scope): Promise<InstalledAgent | undefined> {
    const dir = await scope.folder();
    const logs = join(dir, 'logs');
    mkdirSync(logs);
    // The user of the service comes from the host, where it is somebody else.
    chmodSync(dir, 0o755);
    const host = await SystemdHost.start(test, scope, { '/shared': dir, '/var/log/apps': logs });
    if (host === undefined) return undefined;
    const log = new NumberedLog('app', join(logs, 'app.log'));
    log.append(1);
    chmodSync(log.path, 0o640);
    chownSync(log.path, 0, ADM);
    return new InstalledAgent(host, dir, await startReceiver(scope), log, await freePort());
  }

  /** Where it listens. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Writes the installed config: the log to the receiver, with these changes. */
  async configure(change: object = {}): Promise<void> {
    const config = {
      ...{ state_dir: '/var/lib/log-capturer', server: { port: this.#port } },
      ...pathsToLoki(['/var/log/apps/*.log'], this.receiver.url),
      ...change,
    };
    writeFileSync(join(this.dir, 'config.yaml'), stringify(config));
    await this.host.say(`cat /shared/config.yaml > ${CONFIG}`);
  }

  /** Adds settings to the section [Service] of its unit. */
  async dropIn(settings: string): Promise<void> {
    writeFileSync(join(this.dir, 'drop-in.conf'), `[Service]\n${settings}\n`);
    await this.host.say(
      `mkdir -p ${DROP_INS} && cp /shared/drop-in.conf ${DROP_INS} && systemctl daemon-reload`,
    );
  }

  /** `systemctl VERB` on its unit. */
  systemctl(verb: string): Promise<CommandResult> {
    return this.host.run(`systemctl ${verb} ${UNIT}`);
  }

  /** A property of its unit. */
  show(property: string): Promise<string> {
    return this.host.say(`systemctl show --value --property ${property} ${UNIT}`);
  }

  /** What it and systemd have said of it. */
  journal(): Promise<string> {
    return this.host.say(`journalctl --no-pager --unit ${UNIT} --output cat`);
  }
}

/** Builds the package, uncompressed: seconds instead of a minute. Returns its name in `dir`. */
function buildDeb(dir: string): string {
  const env = { ...process.env, DPKG_DEB: '-Znone' };
  execFileSync(join(ROOT, 'deploy/deb/build.sh'), [dir], { env, stdio: 'pipe' });
  return globSync('*.deb', { cwd: dir })[0]!;
}
