import { spawnSync } from 'node:child_process';
import { delimiter } from 'node:path';
import type { TestContext } from 'node:test';
import { skipWithout } from './missing-part.ts';

/** What of the environment says how to reach the registry; npm's own variables would make a clone this checkout. */
const KEPT = /^(NODE_EXTRA_CA_CERTS|TMPDIR|https?_proxy|no_proxy)$/i;

/** The environment of somebody who has just come: an empty home, and nothing of this checkout on the path. */
export function newcomersEnvironment(home: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => KEPT.test(name));
  const path = process.env.PATH?.split(delimiter).filter(folder => !folder.includes('node_modules'));
  return { ...Object.fromEntries(kept), PATH: path?.join(delimiter), HOME: home };
}

/** Without a registry the test is skipped loudly; in CI it fails. */
export function isRegistryOnline(test: TestContext, env: NodeJS.ProcessEnv): boolean {
  const { status, stderr } = spawnSync('npm', ['view', 'yaml', 'version'], { env, encoding: 'utf8' });
  if (status === 0) return true;
  skipWithout(test, `the package registry cannot be reached: ${stderr}`);
  return false;
}
