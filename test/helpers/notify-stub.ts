import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Stands in for systemd: a command `systemd-notify` that writes down what it is told. */
export interface NotifyStub {
  /** For the agent's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** The messages so far. */
  messages(): string[];
}

/** Puts the command into a folder of `dir`, and that in front of the path. */
export function notifyStub(dir: string, watchdogMs: number): NotifyStub {
  const [bin, log] = [join(dir, 'bin'), join(dir, 'notices')];
  mkdirSync(bin);
  const command = join(bin, 'systemd-notify');
  writeFileSync(command, `#!/bin/sh\necho "$*" >> '${log}'\n`);
  chmodSync(command, 0o755);
  return {
    env: {
      PATH: `${bin}:${process.env.PATH}`,
      NOTIFY_SOCKET: join(dir, 'no-socket'),
      WATCHDOG_USEC: `${watchdogMs * 1000}`,
    },
    messages: () => (existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(0, -1) : []),
  };
}
