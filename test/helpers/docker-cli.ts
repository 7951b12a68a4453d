import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import type { DockerEngine } from './docker-engine.ts';

/** How a command ended, and what it said. */
export interface CommandResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the `docker` command (or another that finds the engine by `DOCKER_HOST`) against a test's engine. */
export function dockerCommand(
  engine: DockerEngine,
  args: readonly string[],
  { command = 'docker', dir, env }: { command?: string; dir?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<CommandResult> {
  const options = {
    ...(dir === undefined ? {} : { cwd: dir }),
    env: { ...process.env, DOCKER_HOST: `unix://${engine.socket}`, ...env },
    maxBuffer: 64 * 1024 ** 2,
  };
  return new Promise(resolve => {
    execFile(command, args, options, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ status, stdout, stderr: stderr || (error?.message ?? '') });
    });
  });
}

/** What a command says that has to succeed. */
export async function said(running: Promise<CommandResult>): Promise<string> {
  const { status, stdout, stderr } = await running;
  assert.equal(status, 0, stdout + stderr);
  return stdout;
}
