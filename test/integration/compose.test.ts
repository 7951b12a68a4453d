/** The image and the compose examples, with a real engine; a receiver of ours stands in for Loki. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ExportedLine } from '../../internal/receiver/export.ts';
import { buildAgentImage, buildPrometheusImage } from '../helpers/agent-image.ts';
import { assertWhole } from '../helpers/arrivals.ts';
import { ComposeExample } from '../helpers/compose.ts';
import { hasDebian, importDebian } from '../helpers/debian-image.ts';
import { DockerEngine } from '../helpers/docker-engine.ts';
import { hasDocker } from '../helpers/docker-parts.ts';
import { hasCommand } from '../helpers/missing-part.ts';
import { isRegistryOnline } from '../helpers/newcomer.ts';
import { NumberedLog } from '../helpers/numbered-log.ts';
import { type ReceiverView, receiverAt } from '../helpers/receiver.ts';
import { type Scope, scopeOf } from '../helpers/scope.ts';
import { until } from '../helpers/until.ts';

/** The build installs every package twice. */
const TIMEOUT_MS = 480_000;
const RECEIVER = { image: 'log-capturer', command: ['receive', '--host', '0.0.0.0', '--port', '3100'] };

test('the image and the compose examples', { timeout: TIMEOUT_MS }, async t => {
  if (!hasDocker(t) || !hasDebian(t) || !hasCommand(t, 'docker-compose', 'docker-compose')) return;
  if (!hasCommand(t, 'prometheus', 'prometheus') || !isRegistryOnline(t, process.env)) return;
  const scope = scopeOf(t);
  const engine = await DockerEngine.start(scope);
  const debian = await importDebian(engine);
  const dir = await scope.folder();
  await buildAgentImage(engine, debian, dir);
  await t.test('files: stops under load lose and repeat nothing', () => filesExample(engine, scope));
  await buildPrometheusImage(engine, debian, dir);
  await t.test('sidecar: what a container prints while the agent is down is shipped too, once', () =>
    sidecarExample(engine, scope),
  );
});

/** The example for log files, with a log of numbered lines beside the app's own. */
async function filesExample(engine: DockerEngine, scope: Scope): Promise<void> {
  const logs = join(await scope.folder(), 'logs');
  mkdirSync(logs);
  chmodSync(join(logs, '..'), 0o755);
  const volume = { driver_opts: { type: 'none', o: 'bind', device: logs } };
  const impatient = { healthcheck: { interval: '1s', start_period: '0s' } };
  const override = { services: { loki: RECEIVER, 'log-capturer': impatient }, volumes: { logs: volume } };
  const services = ['app', 'log-capturer', 'loki'];
  const example = await ComposeExample.up(engine, scope, 'files', { services, override });
  const receiver = await receiverOf(example);
  const confined = '{{.Config.User}} {{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}}';
  assert.equal(await example.inspect('log-capturer', confined), '65532:65532 true [ALL]');

  await until(
    () => example.inspect('log-capturer', '{{.State.Health.Status}}'),
    health => health === 'healthy',
  );

  const log = new NumberedLog('numbered', join(logs, 'numbered.log'));
  for (let n = 0; n < 2; n++) {
    log.append(10_000);
    await receiver.until(stats => stats.lines > log.lines - 5000);
    await example.compose('stop', 'log-capturer');
    assert.equal(await example.inspect('log-capturer', '{{.State.ExitCode}}'), '0');
    log.append(1000);
    await example.compose('start', 'log-capturer');
  }
  const own = '{filename="/logs/numbered.log"}';
  await until(
    () => receiver.lines(own),
    lines => lines.length >= log.lines,
  );
  await assertWhole(await linesFrom(receiver, '/logs/numbered.log'), [log]);
  const orders = await receiver.lines('{filename="/logs/app.log"}');
  assert.ok(orders.length > 0 && orders.every((line, n) => line === `order ${n + 1} placed`));
}

/** The example for what containers print; the app numbers its lines itself. */
async function sidecarExample(engine: DockerEngine, scope: Scope): Promise<void> {
  const services = ['app', 'log-capturer', 'loki', 'prometheus'];
  const override = { services: { loki: RECEIVER } };
  const example = await ComposeExample.up(engine, scope, 'sidecar', { services, override });
  const receiver = await receiverOf(example);
  const app = '{job="docker", compose_service="app", team="shop"}';
  const arrived = (count: number): Promise<string[]> =>
    until(
      () => receiver.lines(app),
      lines => lines.length >= count,
    );
  for (let n = 0; n < 2; n++) {
    const before = (await arrived(5)).length;
    await example.compose('stop', 'log-capturer');
    assert.equal(await example.inspect('log-capturer', '{{.State.ExitCode}}'), '0');
    await until(
      () => example.compose('logs', '--no-color', 'app'),
      printed => printed.split('\n').length > before + 10,
    );
    await example.compose('start', 'log-capturer');
    const lines = await arrived(before + 20);
    assert.deepEqual(
      lines,
      lines.map((_, index) => `order ${index + 1} placed`),
    );
  }
  const query = `http://${await example.address('prometheus')}:9090/api/v1/query?query=up`;
  await until(
    () => fetch(query).then(answer => answer.text()),
    text => /"log-capturer"[^\]]*"value":\[[^,]*,"1"\]/.test(text),
  );
}

async function receiverOf(example: ComposeExample): Promise<ReceiverView> {
  const receiver = receiverAt(`http://${await example.address('loki')}:3100`);
  await until(() => receiver.stats().then(Boolean, () => false), Boolean);
  return receiver;
}

/** What a receiver kept of one file, in order of arrival. */
async function linesFrom(receiver: ReceiverView, filename: string): Promise<ExportedLine[]> {
  const lines: ExportedLine[] = [];
  for await (const line of receiver.export()) if (line.labels.filename === filename) lines.push(line);
  return lines;
}
