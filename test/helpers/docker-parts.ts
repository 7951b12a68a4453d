import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { BUSYBOX } from './docker-image.ts';

/** Whether a real engine can be started here; where not, the test is skipped by name, or fails in CI. */
export function hasDocker(test: TestContext): boolean {
  const missing = missingPart();
  if (missing === undefined) return true;
  assert.notEqual(process.env.CI, 'true', missing);
  test.skip(missing);
  return false;
}

function missingPart(): string | undefined {
  if (process.geteuid?.() !== 0) return 'a Docker engine of its own needs root';
  if (spawnSync('dockerd', ['--version']).status !== 0) return 'dockerd is missing (Debian: docker.io)';
  return existsSync(BUSYBOX) ? undefined : `${BUSYBOX} is missing (Debian: busybox-static)`;
}
