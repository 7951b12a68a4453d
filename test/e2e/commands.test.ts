import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { pathsToLoki, startAgent, writeConfig } from '../helpers/agent.ts';
import { freePort } from '../helpers/free-port.ts';
import { NumberedLog } from '../helpers/numbered-log.ts';
import { MAIN } from '../helpers/process.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { scopeOf } from '../helpers/scope.ts';

const run = promisify(execFile);

/** What a command line prints; rejects with its exit code. */
async function program(...args: string[]): Promise<string> {
  return (await run(process.execPath, [MAIN, ...args])).stdout;
}

describe('commands beside a running agent and without one', () => {
  it('explain, health and top tell of it; explain also of what is on disk', async t => {
    const scope = scopeOf(t);
    const dir = await scope.folder();
    const receiver = await startReceiver(scope);
    const log = new NumberedLog('app', join(dir, 'app.log'));
    log.append(100);
    const settings = pathsToLoki([join(dir, '*.log')], receiver.url);
    const options = { config: { ...settings, server: { port: await freePort() } }, dir };
    const config = writeConfig(options);
    const agent = await startAgent(scope, options);
    await receiver.until(stats => stats.lines >= 100);

    const running = await program('explain', '--config', config, log.path);
    assert.match(running, /the agent runs/);
    assert.match(running, /matched +yes: .*\*\.log/);
    assert.match(running, /labels +\{filename=".*app\.log", job="e2e"\}/);
    assert.match(running, /sink loki +last delivery 20\d\d-/);
    const other = await program('explain', '--config', config, '/etc/passwd');
    assert.match(other, /matched +no: /);
    const answer = JSON.parse(await program('explain', '--config', config, '--json', log.path));
    assert.equal(answer.files[0].file.lagBytes, 0);

    assert.match(await program('health', '--config', config), /^ok\n(.*\n)*sink loki +ok/);
    const top = await program('top', '--config', config);
    assert.match(top, /^log-capturer \S+ +ok/);
    assert.match(top, /^loki +ok +\S+ +100 /m);

    assert.equal(await agent.stop(), 0);
    await assert.rejects(program('health', '--config', config), { code: 1 });
    const offline = await program('explain', '--config', config, log.path);
    assert.match(offline, /no agent runs/);
    assert.match(offline, /matched +yes: /);
    assert.match(offline, /position +\{.*"offset":\d+/);
    // And what is forgotten is not remembered.
    await program('positions', 'forget', '--config', config, log.path);
    assert.doesNotMatch(await program('explain', '--config', config, log.path), /remembered/);
  });
});

describe('what a package installs beside the program', () => {
  const scripts = new Map<string, string>();
  before(async () => {
    for (const shell of ['bash', 'zsh', 'fish']) scripts.set(shell, await program('completion', shell));
  });

  it('bash completes commands, options and files', async t => {
    const file = join(await scopeOf(t).folder(), 'completion');
    writeFileSync(file, scripts.get('bash')!);
    const complete = (...words: string[]): string[] => {
      const script = `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _log_capturer; echo "\${COMPREPLY[@]}"`;
      const printed = execFileSync('bash', ['-c', script, file, 'log-capturer', ...words], {
        encoding: 'utf8',
      });
      return printed.trim().split(' ');
    };
    assert.deepEqual(complete('dl'), ['dlq']);
    assert.deepEqual(complete('dlq', 'pu'), ['purge']);
    assert.deepEqual(complete('dlq', 'purge', '--s'), ['--sink', '--since']);
    assert.deepEqual(complete('run', '--config', `${file.slice(0, -2)}`), [file]);
    assert.deepEqual(complete('explain', `${file.slice(0, -2)}`), [file]);
  });

  it('every command is in each of them, and in the manual page', async () => {
    const man = await program('man');
    for (const name of ['run', 'check', 'explain', 'health', 'top', 'dlq', 'positions']) {
      for (const [shell, script] of scripts) assert.match(script, new RegExp(`\\b${name}\\b`), shell);
      assert.match(man, new RegExp(`^\\.SH ${name.toUpperCase()}$`, 'm'));
    }
    assert.match(man, /^\.TH LOG-CAPTURER 1 /);
    assert.doesNotMatch(man, /\bwarm\b/);
  });
});
