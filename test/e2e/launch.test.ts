import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { unsupportedNode } from '../../cmd/log-capturer/launch.ts';

const LAUNCH = join(import.meta.dirname, '../../cmd/log-capturer/launch.ts');

interface Launched {
  readonly pid: number;
  readonly cache: string | null;
  readonly threads: string | null;
  readonly marker: string | null;
  readonly execArgv: readonly string[];
  readonly args: readonly string[];
}

/** A package in a folder of its own whose program launches and then says how it runs. */
function makePackage(t: TestContext, name = 'main.ts'): { readonly root: string; readonly script: string } {
  const root = mkdtempSync(join(tmpdir(), 'launch-'));
  t.after(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'node_modules'));
  const script = join(root, name);
  writeFileSync(
    script,
    `import { launch } from '${LAUNCH}';
launch('${root}', '${script}');
const { NODE_COMPILE_CACHE: cache = null, UV_THREADPOOL_SIZE: threads = null, LOG_CAPTURER_LAUNCHED: marker = null } = process.env;
console.log(JSON.stringify({ pid: process.pid, cache, threads, marker, execArgv: process.execArgv, args: process.argv.slice(2) }));`,
  );
  return { root, script };
}

function environment(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  const { NODE_COMPILE_CACHE: _cache, UV_THREADPOOL_SIZE: _threads, ...rest } = process.env;
  return { ...rest, ...extra };
}

function run(
  args: readonly string[],
  env = environment(),
): Promise<Launched & { childPid: number; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, args, { env }, (error, stdout, stderr) => {
      if (error !== null) reject(error);
      else resolve({ ...JSON.parse(stdout), childPid: child.pid, stderr });
    });
  });
}

it('objects to a Node.js that is too old, and to no other', () => {
  assert.match(unsupportedNode('20.20.2') ?? '', /^Node\.js 20\.20\.2 is too old: version 24/);
  assert.deepEqual([unsupportedNode('24.0.0'), unsupportedNode('100.1.0')], [undefined, undefined]);
});

it('replaces the process once: same pid, same arguments, a cache of its own, more threads', async t => {
  const { root, script } = makePackage(t);
  const launched = await run(['--stack-trace-limit=5', script, 'a', 'b c']);
  const cache = join(root, 'node_modules/.cache/log-capturer');
  assert.equal(launched.pid, launched.childPid);
  assert.deepEqual(launched.args, ['a', 'b c']);
  assert.equal(launched.execArgv.at(-1), '--stack-trace-limit=5', 'what the user says comes last and wins');
  assert.deepEqual([launched.cache, launched.threads, launched.marker], [cache, '8', null]);
  assert.equal(launched.stderr, '');
  assert.ok(existsSync(cache));
});

it('leaves alone what the user has set', async t => {
  const { root, script } = makePackage(t);
  const own = join(root, 'own-cache');
  const launched = await run([script], environment({ NODE_COMPILE_CACHE: own, UV_THREADPOOL_SIZE: '16' }));
  assert.deepEqual([launched.cache, launched.threads], [own, '16']);
});

it('runs no code from a cache that others can write', async t => {
  const { root, script } = makePackage(t);
  chmodSync(root, 0o777);
  assert.equal((await run([script])).cache, null);
  chmodSync(root, 0o755);
  mkdirSync(join(root, 'node_modules/.cache'));
  chmodSync(join(root, 'node_modules/.cache'), 0o777);
  assert.equal((await run([script])).cache, null);
});

it('replaces the process of a package only for commands that last', async t => {
  const { script } = makePackage(t, 'main.mjs');
  assert.deepEqual((await run([script, 'health'])).execArgv, []);
  assert.ok((await run([script, 'run'])).execArgv.includes('--expose-gc'));
});

it('does without a cache in a package without node_modules', async t => {
  const { root, script } = makePackage(t);
  rmSync(join(root, 'node_modules'), { recursive: true });
  const launched = await run([script]);
  assert.deepEqual([launched.cache, launched.threads], [null, '8']);
});

it('is reached by signals that are sent to the process that was started', async t => {
  const { root, script } = makePackage(t);
  writeFileSync(
    script,
    `import { launch } from '${LAUNCH}';
launch('${root}', '${script}');
process.on('SIGTERM', () => process.exit(42));
setInterval(() => undefined, 1000);
console.log('ready');`,
  );
  const child = spawn(process.execPath, [script], {
    env: environment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.once('data', () => child.kill('SIGTERM'));
  const code = await new Promise(resolve => child.once('exit', resolve));
  assert.equal(code, 42);
});
