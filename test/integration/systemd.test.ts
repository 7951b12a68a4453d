/** The .deb, installed on a Debian that is run by a real systemd: rights, sandbox, start, reload, stop, upgrade. */
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertArrived } from '../helpers/arrivals.ts';
import { CONFIG, DROP_INS, InstalledAgent } from '../helpers/installed-agent.ts';
import { scopeOf } from '../helpers/scope.ts';
import { until } from '../helpers/until.ts';

const STEP_MS = 100_000;
const HANG_FILES = join(import.meta.dirname, '../helpers/hang-files.mjs');
/** The tests have less than a server. */
const PATIENCE = 'WatchdogSec=4\nTimeoutAbortSec=1\nRestartSec=1';

async function installs(agent: InstalledAgent): Promise<void> {
  const { host } = agent;
  await host.say(`dpkg --force-unsafe-io --install /shared/${agent.deb}`);
  await agent.dropIn(PATIENCE);
  assert.equal(await agent.show('ActiveState'), 'inactive');
  assert.equal(await host.say(`stat -c '%U %G %a' ${CONFIG}`), 'root log-capturer 640');
  assert.match(await host.say('log-capturer --version'), /^\d+\.\d+\.\d+$/);
  // What it is made of is written down: packages and the runtime.
  await host.say(
    'grep pkg:npm/pino@ /usr/lib/log-capturer/sbom.json && grep pkg:generic/node@ /usr/lib/log-capturer/sbom.json',
  );
  await host.say('zcat /usr/share/man/man1/log-capturer.1.gz | grep "TH LOG-CAPTURER"');
  await host.say('bash -n /usr/share/bash-completion/completions/log-capturer');
  await host.say(`log-capturer check --config ${CONFIG}`);
}

async function starts(agent: InstalledAgent): Promise<void> {
  await agent.configure();
  assert.equal((await agent.systemctl('start')).status, 0);
  assert.equal((await fetch(`${agent.url}/ready`)).status, 200, 'READY came too early');
  assert.notEqual(await agent.show('StatusText'), '');
  assert.match(await agent.host.say(`log-capturer health --config ${CONFIG}`), /^ok/);
  await agent.receiver.until(stats => stats.lines === agent.log.lines);
}

async function isConfined(agent: InstalledAgent): Promise<void> {
  const status = await agent.host.say(`cat /proc/${await agent.show('MainPID')}/status`);
  assert.match(status, /^CapEff:\t0+$/m);
  assert.match(status, /^NoNewPrivs:\t1$/m);
  assert.match(status, /^Seccomp:\t2$/m);
  assert.doesNotMatch(status, /^Uid:.*\t0\b/m);
  const exposure = await agent.host.say('systemd-analyze security --no-pager log-capturer | tail -1');
  assert.ok(Number(/\d+\.\d+/.exec(exposure)?.[0]) <= 2.0, exposure);
}

async function reloads(agent: InstalledAgent): Promise<void> {
  const pid = await agent.show('MainPID');
  const sources = [{ name: 'app', paths: ['/var/log/apps/*.log'], labels: { job: 'reloaded' } }];
  await agent.configure({ file_monitor: { sources } });
  assert.equal((await agent.systemctl('reload')).status, 0);
  await until(
    () => fetch(`${agent.url}/metrics`).then(answer => answer.text()),
    metrics => metrics.includes('log_capturer_config_last_reload_successful 1'),
  );
  await until(
    () => agent.show('ActiveState'),
    state => state === 'active',
  );
  agent.log.append(10);
  await until(
    () => agent.receiver.lines('{job="reloaded"}'),
    lines => lines.length === 10,
  );
  assert.equal(await agent.show('MainPID'), pid);
}

async function refusesBadConfig(agent: InstalledAgent): Promise<void> {
  const pid = await agent.show('MainPID');
  await agent.configure({ dispatcher: { workers: 'many', batch_sise: 1 } });
  assert.notEqual((await agent.systemctl('reload')).status, 0);
  const journal = await agent.journal();
  assert.match(journal, /log-capturer\.yaml:\d+:\d+: dispatcher\.batch_sise/);
  assert.match(journal, /log-capturer\.yaml:\d+:\d+: dispatcher\.workers/);
  assert.equal(await agent.show('MainPID'), pid);
  agent.log.append(10);
  await assertArrived(agent.receiver, [agent.log]);
}

async function stopsUnderLoad(agent: InstalledAgent): Promise<void> {
  await agent.configure();
  for (let n = 0; n < 3; n++) {
    agent.log.append(20_000);
    await agent.receiver.until(stats => stats.lines > agent.log.lines - 20_000);
    assert.equal((await agent.systemctl('stop')).status, 0);
    assert.equal(await agent.show('Result'), 'success');
    assert.equal((await agent.systemctl('start')).status, 0);
  }
  await assertArrived(agent.receiver, [agent.log]);
}

/** systemd has replaced the process, once, and nothing is missing. */
async function assertRestarted(agent: InstalledAgent, pid: string): Promise<void> {
  await until(
    () => agent.show('NRestarts'),
    restarts => restarts === '1',
  );
  await assertArrived(agent.receiver, [agent.log]);
  assert.notEqual(await agent.show('MainPID'), pid);
}

async function isRestartedWhenStuck(agent: InstalledAgent): Promise<void> {
  const pid = await agent.show('MainPID');
  await agent.systemctl('kill --kill-whom main --signal STOP');
  agent.log.append(1000);
  await assertRestarted(agent, pid);
  assert.match(await agent.journal(), /Watchdog timeout/);
}

/** The process lives and answers; only what it wants to make durable never gets to the disk. */
async function isRestartedWhenOneStageIsStuck(agent: InstalledAgent): Promise<void> {
  const { host, dir } = agent;
  copyFileSync(HANG_FILES, join(dir, 'hang-files.mjs'));
  const environment = ['NODE_OPTIONS=--import=/shared/hang-files.mjs', 'LOG_CAPTURER_HANG=/shared/hanging'];
  await agent.dropIn([PATIENCE, ...environment.map(each => `Environment=${each}`)].join('\n'));
  await agent.systemctl('restart');
  agent.log.append(1000);
  await agent.receiver.until(stats => stats.lines === agent.log.lines);
  const pid = await agent.show('MainPID');
  writeFileSync(join(dir, 'hanging'), pid);
  agent.log.append(1000);
  await assertRestarted(agent, pid);
  assert.match(await agent.journal(), /"agent\.stuck".*"stages":\["positions"\].*the disk does not answer/);
  await agent.dropIn(PATIENCE);
  await host.say(`rm /shared/hanging /shared/hang-files.mjs`);
}

async function readsAllFiles(agent: InstalledAgent): Promise<void> {
  const { host } = agent;
  await host.say('umask 077 && echo secret > /var/log/apps/secret.log');
  const explain = `log-capturer explain --config ${CONFIG} /var/log/apps/secret.log`;
  await until(
    () => host.say(explain),
    answer => answer.includes('EACCES'),
  );
  const dropIn = '/usr/share/doc/log-capturer/examples/drop-ins/all-files.conf';
  await host.say(`cp ${dropIn} ${DROP_INS} && systemctl daemon-reload`);
  assert.equal((await agent.systemctl('restart')).status, 0);
  await until(
    () => agent.receiver.lines('{filename="/var/log/apps/secret.log"}'),
    lines => lines.length === 1,
  );
  await host.say(`rm ${DROP_INS}/all-files.conf /var/log/apps/secret.log && systemctl daemon-reload`);
}

async function startsAgain(agent: InstalledAgent): Promise<void> {
  const pid = await agent.show('MainPID');
  await agent.systemctl('kill --signal KILL');
  agent.log.append(10);
  await agent.receiver.until(stats => stats.lines >= agent.log.lines);
  assert.notEqual(await agent.show('MainPID'), pid);

  await agent.configure({ sinks: {} });
  await agent.systemctl('restart');
  await until(
    () => agent.show('ActiveState'),
    state => state === 'failed',
  );
  assert.equal(await agent.show('ExecMainStatus'), '2');
}

async function upgrades(agent: InstalledAgent): Promise<void> {
  const { host } = agent;
  await agent.configure();
  await agent.systemctl('restart');
  const pid = await agent.show('MainPID');
  // To dpkg the same version again is an upgrade like any other.
  await host.say(`dpkg --force-unsafe-io --install /shared/${agent.deb}`);
  assert.equal(await host.say(`cat ${CONFIG}; echo`), readFileSync(join(agent.dir, 'config.yaml'), 'utf8'));
  assert.equal(await host.say(`stat -c '%U %G %a' ${CONFIG}`), 'root log-capturer 640');
  assert.equal(await agent.show('ActiveState'), 'active');
  assert.notEqual(await agent.show('MainPID'), pid);

  await host.say('dpkg --purge log-capturer');
  const left = await host.run('ls -d /etc/log-capturer /var/lib/log-capturer /usr/lib/log-capturer');
  assert.equal(left.stdout, '');
}

/** One after the other on one host: each stands on what was before. */
const STEPS = {
  'the package installs, starts nothing, and keeps its config from strangers': installs,
  'the start brings sources and sinks up': starts,
  'it runs as an ordinary user without rights, in a sandbox of at most 2.0': isConfined,
  'a reload takes what has changed, in the same process': reloads,
  'a reload with a bad config fails and says why, and the agent goes on': refusesBadConfig,
  'a stop under load loses and repeats nothing': stopsUnderLoad,
  'one that hangs is restarted by the watchdog, and nothing is missing': isRestartedWhenStuck,
  'one of which a single stage hangs is restarted too, and nothing is missing (O3)':
    isRestartedWhenOneStageIsStuck,
  'what belongs to others is read only with the drop-in for that': readsAllFiles,
  'a crash is followed by a start, a bad config by none': startsAgain,
  'an upgrade keeps the config and restarts what runs, a purge leaves nothing': upgrades,
};

test('the package on a host with systemd', { timeout: 6 * STEP_MS }, async t => {
  const agent = await InstalledAgent.prepare(t, scopeOf(t));
  if (agent === undefined) return;
  let hasFailed = false;
  for (const [name, step] of Object.entries(STEPS)) {
    await t.test(name, { timeout: STEP_MS, skip: hasFailed && 'a step before it failed' }, async () => {
      hasFailed = true;
      await step(agent);
      hasFailed = false;
    });
  }
  if (hasFailed) t.diagnostic(await agent.journal());
});
