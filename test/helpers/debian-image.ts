import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { dockerCommand, said } from './docker-cli.ts';
import type { DockerEngine } from './docker-engine.ts';
import { skipWithout } from './missing-part.ts';

const CACHE = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
/** A Debian with systemd; `.ci/run` makes it with debootstrap. */
const ROOT_TAR = join(CACHE, 'log-capturer-test/systemd-bookworm.tar');

/** Whether the image can be made here; where not, the test is skipped by name, or fails in CI. */
export function hasDebian(test: TestContext): boolean {
  if (existsSync(ROOT_TAR)) return true;
  skipWithout(test, `${ROOT_TAR} is missing: .ci/run makes it with debootstrap`);
  return false;
}

/** Makes an image of a small Debian with systemd; returns its name. */
export async function importDebian(engine: DockerEngine): Promise<string> {
  const name = 'log-capturer-debian:1';
  await said(dockerCommand(engine, ['import', ROOT_TAR, name]));
  return name;
}
