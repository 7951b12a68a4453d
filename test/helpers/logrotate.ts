import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import type { DaemonWriter } from './daemon-writer.ts';

const run = promisify(execFile);

/** Whether there is a real logrotate; where there is none the test is skipped loudly, and fails in CI. */
export function hasLogrotate(test: TestContext): boolean {
  if (spawnSync('logrotate', ['--version']).error === undefined) return true;
  const missing = 'logrotate is missing (Debian: logrotate)';
  assert.notEqual(process.env.CI, 'true', missing);
  test.skip(missing);
  return false;
}

/**
 * Returns what rotates the file of a writer once, by the real logrotate with these directives. As with a daemon, the
 * writer opens its file again before anything is compressed.
 */
export function logrotate(
  writer: DaemonWriter,
  dir: string,
  directives: readonly string[],
): () => Promise<void> {
  const isCopied = directives.includes('copytruncate') || directives.includes('copy');
  const reopen = `postrotate\n touch ${writer.reopen}; while [ -e ${writer.reopen} ]; do sleep 0.01; done\nendscript`;
  const lines = ['rotate 100', ...directives, ...(isCopied ? [] : [reopen])];
  const config = join(dir, 'logrotate.conf');
  writeFileSync(config, `${writer.path} {\n${lines.join('\n')}\n}\n`, { mode: 0o644 });
  return async () => {
    await run('logrotate', ['--force', '--state', join(dir, 'logrotate.state'), config]);
  };
}
