import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, it } from 'node:test';

const TOP = join(import.meta.dirname, '../..');
const MAIN = join(TOP, 'cmd/log-capturer/main.ts');
/** What the broken configs refer to. */
const ENV = {
  TEXT: 'text',
  NUMBER: '12',
  EMPTY: '',
  STRUCTURE: '[{ name: a, paths: [/a] }]',
  SECRET: 's3cr3t-value',
};

interface Answer {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `log-capturer` with these arguments as a user does from a checkout. */
function run(...args: readonly string[]): Promise<Answer> {
  return new Promise(resolve => {
    execFile(
      process.execPath,
      [MAIN, ...args],
      { cwd: TOP, env: { ...process.env, ...ENV } },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
    );
  });
}

const broken = globSync('test/fixtures/config/*.yaml', { cwd: TOP }).sort();

describe('check of broken configs', { concurrency: 4 }, () => {
  it('there are at least 30', () => assert.ok(broken.length >= 30));

  for (const path of broken)
    it(`${basename(path, '.yaml')}: every error at its line and column, exit code 2`, async () => {
      const { code, stdout, stderr } = await run('check', '--config', path);
      const expected = readFileSync(join(TOP, path.replace('.yaml', '.txt')), 'utf8');
      assert.equal(stderr.replaceAll(`${path}:`, ''), expected);
      assert.equal(stdout, '');
      assert.equal(code, 2);
      assert.doesNotMatch(stderr, /s3cr3t/);
    });
});

describe('check', { concurrency: 4 }, () => {
  it('says one line of a good config', async () => {
    const { code, stdout, stderr } = await run('check', '--config', 'configs/quickstart.yaml');
    assert.equal(stderr, '');
    assert.equal(stdout, 'configs/quickstart.yaml: good; sources: demo, varlogs, local; sinks: loki\n');
    assert.equal(code, 0);
  });

  it('says that a file cannot be read', async () => {
    const { code, stderr } = await run('check', '--config', '/nonexistent/x.yaml');
    assert.equal(stderr, '/nonexistent/x.yaml:1:1: cannot be read (ENOENT), expected a YAML file\n');
    assert.equal(code, 2);
  });

  it('says that a folder cannot be read', async () => {
    const { code, stderr } = await run('check', '--config', 'configs');
    assert.match(stderr, /^configs:1:1: cannot be read \(EISDIR\)/);
    assert.equal(code, 2);
  });
});

describe('the command line', { concurrency: 4 }, () => {
  const misused: [string, readonly string[], RegExp][] = [
    ['no command', [], /Usage: log-capturer/],
    ['an unknown command', ['chekc'], /unknown command 'chekc'\n.*check/],
    ['an unknown option', ['check', '--config', 'x', '--confg', 'y'], /unknown option '--confg'/],
    ['an option that is missing', ['check'], /required option '--config <file>' not specified/],
    ['an option without its value', ['check', '--config'], /argument missing/],
    ['too many arguments', ['check', '--config', 'x', 'y'], /too many arguments/],
  ];
  for (const [what, args, message] of misused)
    it(`refuses ${what} with exit code 2`, async () => {
      const { code, stdout, stderr } = await run(...args);
      assert.match(stderr, message);
      assert.equal(stdout, '');
      assert.equal(code, 2);
    });

  it('prints its version, and nothing else', async () => {
    const { version } = JSON.parse(readFileSync(join(TOP, 'package.json'), 'utf8'));
    assert.deepEqual(await run('--version'), { code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('prints help, for itself and for a command', async () => {
    const all = await run('--help');
    assert.match(all.stdout, /check/);
    assert.equal(all.code, 0);
    const one = await run('check', '--help');
    assert.match(one.stdout, /--config <file>/);
    assert.equal(one.code, 0);
  });
});
