/** The package as npm installs it: built JavaScript, its assets, the `bin`, and nothing of the checkout. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { it } from 'node:test';
import { parse, stringify } from 'yaml';
import { pathsToLoki, startAgent } from '../helpers/agent.ts';
import { freePort } from '../helpers/free-port.ts';
import { isRegistryOnline, newcomersEnvironment } from '../helpers/newcomer.ts';
import { startProgram } from '../helpers/process.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { scopeOf } from '../helpers/scope.ts';

const ROOT = join(import.meta.dirname, '../..');

it('installs from its tarball, runs, ships lines and stops clean', async t => {
  const scope = scopeOf(t);
  const dir = await scope.folder();
  const env = newcomersEnvironment(dir);
  if (!isRegistryOnline(t, env)) return;
  execFileSync('npm', ['pack', '--silent', '--pack-destination', dir], { cwd: ROOT, env, stdio: 'pipe' });
  const [tarball = ''] = globSync(join(dir, '*.tgz'));
  const prefix = join(dir, 'prefix');
  const install = ['install', '--silent', '--no-audit', '--global', '--prefix', prefix, tarball];
  execFileSync('npm', install, { cwd: dir, env, stdio: 'pipe' });
  const bin = join(prefix, 'bin/log-capturer');

  const installed = join(prefix, 'lib/node_modules/log-capturer');
  for (const [asset, importer] of assets()) {
    const packaged = join(installed, 'dist', dirname(importer), asset);
    assert.ok(existsSync(packaged), `${importer} reads ${asset}, which is not in the package`);
  }

  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  assert.equal(execFileSync(process.execPath, [bin, '--version'], { encoding: 'utf8' }), `${version}\n`);

  const receiver = await startReceiver(scope);
  const log = join(dir, 'app.log');
  writeFileSync(log, 'one\ntwo\n');
  const program = [process.execPath, bin];
  const agent = await startAgent(scope, { dir, program, config: pathsToLoki([log], receiver.url) });
  await receiver.until(stats => stats.lines === 2);
  assert.match(
    readFileSync(`/proc/${agent.pid}/cmdline`, 'utf8'),
    /--max-semi-space-size/,
    'it has launched',
  );
  assert.equal(await agent.stop(), 0);

  const { path, url } = await quickConfig(dir);
  const quickstart = startProgram(scope, ['quickstart', '--config', path], { dir, program });
  await quickstart.line('stderr', /agent\.ready/);
  assert.match(await (await fetch(url)).text(), /<html/);
  quickstart.child.kill('SIGINT');
  assert.equal(await quickstart.exited, 0);
});

/** Every file that the source reads from beside itself, as [path, path of the source file]. */
function assets(): [string, string][] {
  const found = globSync('{cmd,internal,pkg}/**/*.ts', { cwd: ROOT, exclude: ['**/*.test.ts'] }).flatMap(
    file =>
      [...readFileSync(join(ROOT, file), 'utf8').matchAll(/new URL\('(\.[^']+)', import\.meta\.url\)/g)].map(
        ([, asset]): [string, string] => [asset!, file],
      ),
  );
  assert.ok(found.length > 0, 'the pattern finds the assets');
  return found;
}

/** The quick start's config, but on free ports and without the host's logs. */
async function quickConfig(dir: string): Promise<{ readonly path: string; readonly url: string }> {
  const url = `http://127.0.0.1:${await freePort()}`;
  const path = join(dir, 'quickstart.yaml');
  const config = parse(readFileSync(join(ROOT, 'configs/quickstart.yaml'), 'utf8'));
  config.server.port = 0;
  config.sinks.loki.url = url;
  writeFileSync(path, stringify(config));
  return { path, url };
}
