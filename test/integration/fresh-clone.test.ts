/** What a newcomer does: clone, `npm start`, look, Ctrl-C, `npm test`; with an empty home and whatever Node.js there is. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { systemCode } from '../../pkg/errors/errors.ts';
import { freePort } from '../helpers/free-port.ts';
import { isRegistryOnline, newcomersEnvironment } from '../helpers/newcomer.ts';
import { scopeOf } from '../helpers/scope.ts';
import { until } from '../helpers/until.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Ctrl-C in the terminal of `npm start`: all that it has started gets the signal. Resolves when all of it has ended. */
async function interrupt(npm: ChildProcess): Promise<void> {
  const closed = once(npm, 'close');
  signalGroup(npm, 'SIGINT');
  await closed;
}

/** Signals a process and all that it has started, where something of that is left. */
function signalGroup(leader: ChildProcess, signal: NodeJS.Signals): void {
  // Never 0 or 1: those are other groups.
  assert.ok(leader.pid !== undefined && leader.pid > 1);
  try {
    process.kill(-leader.pid, signal);
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') throw error;
  }
}

it('npm start installs what it needs and shows lines; npm test runs', async t => {
  const scope = scopeOf(t);
  const env = newcomersEnvironment(await scope.folder());
  if (!isRegistryOnline(t, env)) return;
  const clone = join(await scope.folder(), 'clone');
  execFileSync('git', ['clone', '--quiet', ROOT, clone]);
  const run = { cwd: clone, env, encoding: 'utf8' } as const;
  t.diagnostic(`Node.js on PATH: ${execFileSync('node', ['--version'], run).trim()}`);

  // The ports of the quick start may be taken where tests run.
  const port = await freePort();
  const config = readFileSync(join(clone, 'configs/quickstart.yaml'), 'utf8');
  const url = `http://127.0.0.1:${port}`;
  writeFileSync(
    join(clone, 'quickstart.yaml'),
    config.replace('http://127.0.0.1:3100', url).replace('port: 8001', 'port: 0'),
  );
  const npm = spawn('npm', ['start', '--', '--config', 'quickstart.yaml'], {
    ...{ cwd: clone, env, detached: true },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  npm.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  scope.after(() => signalGroup(npm, 'SIGKILL'));
  await until(
    async () => {
      assert.equal(npm.exitCode, null, said);
      const query = fetch(`${url}/loki/api/v1/query_range?query=${encodeURIComponent('{job="demo"}')}`);
      return query.then(
        response => response.text(),
        () => '',
      );
    },
    answer => answer.includes('request='),
  );
  await interrupt(npm);
  assert.match(said, /agent\.stopped: .* delivered/);

  const tests = spawnSync('npm', ['test', '--', 'pkg/units'], run);
  assert.equal(tests.status, 0, tests.stdout + tests.stderr);
  assert.match(tests.stdout, /pass [1-9]/);
});
