import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import type { TestContext } from 'node:test';

/** A real part that a test needs is not there: the test is skipped by its name, and fails in CI. */
export function skipWithout(test: TestContext, missing: string): void {
  assert.notEqual(process.env.CI, 'true', missing);
  test.skip(missing);
}

/** Whether a command is installed; where not, the test is skipped, or fails in CI. */
export function hasCommand(test: TestContext, command: string, debianPackage: string): boolean {
  if (spawnSync(command, ['--version']).error === undefined) return true;
  skipWithout(test, `${command} is missing (Debian: ${debianPackage})`);
  return false;
}
