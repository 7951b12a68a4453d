import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import type { TestContext } from 'node:test';

/**
 * A command that runs another one so that the permissions of files hold for it: nothing for an ordinary user; for root
 * one that takes away the right to ignore them. `undefined` where there is none: the test is skipped, or fails in CI.
 */
export function withoutRootsRights(test: TestContext): readonly string[] | undefined {
  if (process.geteuid?.() !== 0) return [];
  const command = ['setpriv', '--bounding-set=-dac_override,-dac_read_search'];
  if (spawnSync(command[0]!, [...command.slice(1), 'true']).status === 0) return command;
  const missing = 'setpriv is missing, or may not take rights away (Debian: util-linux)';
  assert.notEqual(process.env.CI, 'true', missing);
  test.skip(missing);
  return undefined;
}
