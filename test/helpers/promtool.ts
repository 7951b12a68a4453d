import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import type { TestContext } from 'node:test';

/** Runs promtool and returns what it said; without it the test is skipped loudly, and fails in CI. */
export function promtool(context: TestContext, args: readonly string[], input = ''): string | undefined {
  const { error, status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' });
  if (error === undefined) {
    assert.equal(status, 0, stdout + stderr);
    return stdout + stderr;
  }
  const missing = 'promtool is not installed (Debian: apt-get install prometheus)';
  assert.notEqual(process.env.CI, 'true', missing);
  context.skip(missing);
  return undefined;
}
