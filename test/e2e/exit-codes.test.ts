import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { pathsToLoki, startAgent, writeConfig } from '../helpers/agent.ts';
import { assertArrived, linesOf } from '../helpers/arrivals.ts';
import { freePort } from '../helpers/free-port.ts';
import { NumberedLog } from '../helpers/numbered-log.ts';
import { startProgram } from '../helpers/process.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { type Scope, scopeOf } from '../helpers/scope.ts';
import { until } from '../helpers/until.ts';

interface Work {
  readonly scope: Scope;
  readonly dir: string;
  readonly log: NumberedLog;
}

async function work(t: TestContext): Promise<Work> {
  const scope = scopeOf(t);
  const dir = await scope.folder();
  const log = new NumberedLog('app', join(dir, 'app.log'));
  log.append(50_000);
  return { scope, dir, log };
}

/** The last line that an agent logged. */
function lastWords(stderr: string): { code: string; left: Record<string, number> } {
  return JSON.parse(stderr.trimEnd().split('\n').at(-1)!);
}

describe('the agent ends with', () => {
  it('0 when it is stopped under load: what it has read is delivered, and the rest after the next start', async t => {
    const { scope, dir, log } = await work(t);
    const receiver = await startReceiver(scope, { faults: true });
    await receiver.faults({ faults: [{ action: 'pass', delayMs: 50 }] });
    const config = pathsToLoki([log.path], receiver.url, { batch_size: 1000, queue_size: 5000 });
    const agent = await startAgent(scope, { config, dir });
    await receiver.until(stats => stats.lines >= 5000);
    assert.equal(await agent.stop('SIGTERM'), 0);
    assert.deepEqual(lastWords(agent.process.stderr()).left, { loki: 0 });
    const { lines } = await receiver.stats();
    assert.ok(lines < linesOf([log]), `${lines} lines were delivered`);
    await receiver.clearFaults();
    const next = await startAgent(scope, { config, dir });
    await assertArrived(receiver, [log]);
    const read = (await next.metrics()).get('log_capturer_logs_read_total{monitor="file",source="app"}');
    assert.equal(read, linesOf([log]) - lines, 'nothing is read twice');
    await next.assertBalanced();
    assert.equal(await next.stop('SIGINT'), 0);
  });

  it('3 when the deadline of the shutdown passes, with counts in its last words, and nothing is lost', async t => {
    const { scope, dir, log } = await work(t);
    const port = await freePort();
    const config = pathsToLoki([log.path], `http://127.0.0.1:${port}`, { shutdown_timeout: '200ms' });
    const agent = await startAgent(scope, { config, dir });
    await until(
      () => agent.metrics(),
      metrics => metrics.get('log_capturer_sink_healthy{sink="loki"}') === 0,
    );
    assert.equal(await agent.stop(), 3);
    const { left } = lastWords(agent.process.stderr());
    assert.ok(left.loki! > 0 && left.loki! <= linesOf([log]), `${left.loki} lines were left`);

    const receiver = await startReceiver(scope, { port });
    const next = await startAgent(scope, { config, dir });
    // What was left are dead letters now, which are sent beside what is read.
    await assertArrived(receiver, [log], 'in any order');
    await next.assertBalanced();
    assert.equal(await next.stop(), 0);
  });

  it('3 at once at the second signal, however much time the shutdown has', async t => {
    const { scope, dir, log } = await work(t);
    const port = await freePort();
    const config = pathsToLoki([log.path], `http://127.0.0.1:${port}`, { shutdown_timeout: '1h' });
    const agent = await startAgent(scope, { config, dir });
    await until(
      () => agent.metrics(),
      metrics => metrics.get('log_capturer_sink_healthy{sink="loki"}') === 0,
    );
    agent.process.child.kill('SIGTERM');
    await agent.process.line('stderr', /"agent\.draining"/);
    assert.equal(await agent.stop('SIGTERM'), 3);

    const receiver = await startReceiver(scope, { port });
    await startAgent(scope, { config, dir });
    await assertArrived(receiver, [log]);
  });

  it('2 on a bad config, with nothing started', async t => {
    const scope = scopeOf(t);
    const dir = await scope.folder();
    const config = { ...pathsToLoki(['/var/log/*.log'], 'http://127.0.0.1:1'), sinkz: {} };
    const program = startProgram(scope, ['run', '--config', writeConfig({ config, dir })], { dir });
    assert.equal(await program.exited, 2);
    assert.match(program.stderr(), /config\.yaml:\d+:\d+: sinkz: .*sinks/);
    assert.ok(!existsSync(join(dir, 'state')));
  });
});

describe('the agent ends with 1 and says so when', () => {
  /** What an agent says that cannot start. */
  async function refusal(scope: Scope, config: object): Promise<string> {
    const dir = await scope.folder();
    const program = startProgram(scope, ['run', '--config', writeConfig({ config, dir })], { dir });
    assert.equal(await program.exited, 1);
    return program.stderr();
  }

  it('its port is taken, after which it can start anew', async t => {
    const scope = scopeOf(t);
    const dir = await scope.folder();
    const receiver = await startReceiver(scope);
    const config = { ...pathsToLoki([join(dir, '*.log')], receiver.url), state_dir: join(dir, 'state') };
    assert.match(await refusal(scope, { ...config, server: { port: receiver.port } }), /LC_SERVER_LISTEN: /);
    const log = new NumberedLog('app', join(dir, 'app.log'));
    log.append(10);
    await startAgent(scope, { config, dir });
    await assertArrived(receiver, [log]);
  });

  it('its state directory cannot be written', async t => {
    const scope = scopeOf(t);
    const dir = await scope.folder();
    writeFileSync(join(dir, 'file'), '');
    const config = {
      ...pathsToLoki(['/var/log/*.log'], 'http://127.0.0.1:1'),
      state_dir: join(dir, 'file/state'),
    };
    assert.match(await refusal(scope, config), /LC_STATE_UNWRITABLE: .*ENOTDIR.*\n.*state_dir/);
  });

  it('another agent uses its state directory, which that one does not notice', async t => {
    const { scope, dir, log } = await work(t);
    const receiver = await startReceiver(scope);
    const config = { ...pathsToLoki([log.path], receiver.url), state_dir: join(dir, 'state') };
    const agent = await startAgent(scope, { config, dir });
    assert.match(await refusal(scope, config), new RegExp(`LC_STATE_LOCKED: .*by process ${agent.pid}`));
    await assertArrived(receiver, [log]);
    await agent.assertBalanced();
    assert.equal(await agent.stop(), 0);
  });
});
