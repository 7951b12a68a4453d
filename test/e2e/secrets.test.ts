import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { promisify } from 'node:util';
import { pathsToLoki, startAgent, writeConfig } from '../helpers/agent.ts';
import { freePort } from '../helpers/free-port.ts';
import { NumberedLog } from '../helpers/numbered-log.ts';
import { MAIN } from '../helpers/process.ts';
import { scopeOf } from '../helpers/scope.ts';
import { until } from '../helpers/until.ts';

/** Each is found whatever way it gets out, also as what a header makes of it. */
const SECRETS = {
  token: 'tok-3c9f1e',
  password: 'pw-77aa21',
  bearer: 'bea-90b4d2',
  sasl: 'sas-1f2e3d',
  url: 'url-5d6c7b',
} as const;
const READABLE = [
  '/metrics',
  '/health',
  '/ready',
  '/api/v1/status',
  '/api/v1/config',
  '/api/v1/explain?target=/x',
];

function assertNoSecret(where: string, text: string): void {
  for (const [name, secret] of Object.entries(SECRETS)) {
    for (const form of [secret, Buffer.from(`user:${secret}`).toString('base64')])
      assert.ok(!text.includes(form), `${name} is in ${where}: ${text.slice(0, 2000)}`);
  }
}

it('no secret is in logs, API, metrics, errors of a config or crash reports (O7)', async t => {
  const scope = scopeOf(t);
  const dir = await scope.folder();
  const log = new NumberedLog('app', join(dir, 'app.log'));
  log.append(50);
  const tokenFile = join(dir, 'token');
  writeFileSync(tokenFile, `${SECRETS.token}\n`);
  const dead = await freePort();
  const base = pathsToLoki([log.path], '');
  const variable = (name: string): string => `\${${name}}`;
  const config = {
    ...base,
    log: { level: 'debug' },
    server: { port: await freePort(), token: variable(`file:${tokenFile}`) },
    sinks: {
      basic: {
        ...{ type: 'loki', url: `http://127.0.0.1:${dead}` },
        auth: { basic: { user: 'user', password: SECRETS.password } },
      },
      bearer: { type: 'loki', url: `http://127.0.0.1:${dead}`, auth: { bearer: variable('BEARER') } },
      kafka: {
        ...{ brokers: [`127.0.0.1:${dead}`], topic: 'logs' },
        sasl: { mechanism: 'plain', username: 'user', password: SECRETS.sasl },
      },
    },
  };
  const crasher = join(dir, 'crash.mjs');
  const said = `no answer from http://user:${SECRETS.password}@host/ (authorization: Bearer ${SECRETS.bearer})`;
  writeFileSync(crasher, `process.on('SIGUSR2', () => { throw new Error(${JSON.stringify(said)}); });`);
  const env = { BEARER: SECRETS.bearer, NODE_OPTIONS: `--import=${crasher}` };
  const agent = await startAgent(scope, { config, dir, env });
  await until(
    () => agent.health(),
    ({ components }) =>
      ['basic', 'bearer', 'kafka'].every(sink => components[`sink ${sink}`]?.status === 'degraded'),
  );
  for (const path of READABLE) {
    const response = await fetch(agent.url + path);
    assertNoSecret(path, await response.text());
  }
  const headers = { authorization: `Bearer ${SECRETS.token}` };
  const post = async (path: string, given: Record<string, string>): Promise<string> => {
    const response = await fetch(agent.url + path, { method: 'POST', headers: given });
    return `${response.status} ${await response.text()}`;
  };
  assert.match(await post('/api/v1/reload', {}), /^401 /);
  assertNoSecret('a refusal', await post('/api/v1/reload', { authorization: `Bearer ${SECRETS.token}x` }));

  // A config that is wrong at, and beside, its secrets.
  const wrong = {
    ...config,
    sinks: {
      basic: {
        type: 'loki',
        url: `ftp://user:${SECRETS.url}@host`,
        auth: { basic: { password: SECRETS.password } },
      },
      bearer: {
        type: 'loki',
        url: 'http://x',
        auth: { bearer: [SECRETS.bearer] },
        timeout: SECRETS.password,
      },
    },
  };
  const path = writeConfig({ config: wrong, dir });
  const answer = await post('/api/v1/reload', headers);
  assert.match(answer, /^422 .*sinks\.basic/);
  assertNoSecret('the answer of a failed reload', answer);
  const check = promisify(execFile)(process.execPath, [MAIN, 'check', '--config', path]);
  await assert.rejects(check, (error: { stderr: string }) => {
    assertNoSecret('the errors of check', error.stderr);
    return /sinks\.bearer/.test(error.stderr);
  });

  // A crash by a bug whose error says too much.
  agent.process.child.kill('SIGUSR2');
  assert.equal(await agent.process.exited, 1);
  assert.match(agent.process.stderr(), /log-capturer: Error: no answer/);
  assertNoSecret('log and crash report', agent.process.stderr());
});
