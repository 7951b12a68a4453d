import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import type { TestContext } from 'node:test';
import { hasCommand } from './missing-part.ts';

/** Runs promtool and returns what it said; without it the test is skipped loudly, and fails in CI. */
export function promtool(context: TestContext, args: readonly string[], input = ''): string | undefined {
  if (!hasCommand(context, 'promtool', 'prometheus')) return undefined;
  const { status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
  return stdout + stderr;
}
