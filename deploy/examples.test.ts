/** What stands in the examples of compose, systemd and Grafana fits together. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import type { Config } from '../internal/config/config.ts';
import { loadConfig } from '../internal/config/load.ts';
import { formatError } from '../internal/config/problem.ts';
import { parseDurationMs } from '../pkg/units/units.ts';

const HERE = import.meta.dirname;
const ENV = { LOKI_URL: 'http://loki:3100' };

/** A config that passes check. */
function config(path: string): Config {
  const result = loadConfig(path, ENV);
  assert.ok(result.ok, result.ok ? '' : result.errors.map(formatError).join('\n'));
  return result.config;
}

for (const path of globSync('docker/*/compose.yaml', { cwd: HERE }))
  describe(path, () => {
    const folder = dirname(join(HERE, path));
    const { services, volumes } = parse(readFileSync(join(HERE, path), 'utf8'));
    const agent = services['log-capturer'];
    const mounts: string[] = Object.values<{ volumes?: string[] }>(services).flatMap(
      service => service.volumes ?? [],
    );

    it('mounts files that are there, and volumes that it declares', () => {
      for (const mount of mounts) {
        const [source = ''] = mount.split(':');
        if (source.startsWith('.')) assert.ok(existsSync(join(folder, source)), source);
        else assert.ok(source.startsWith('$') || source in volumes, source);
      }
    });

    it('gives the agent a volume for its state, limits, and more time than it takes to stop', () => {
      const mounted: string = agent.volumes.find((mount: string) => mount.includes('/etc/log-capturer/'));
      const { stateDir, dispatcher } = config(join(folder, mounted.split(':')[0]!));
      assert.ok(agent.volumes.includes(`state:${stateDir}`));
      assert.ok(agent.mem_limit && agent.cpus && agent.pids_limit && agent.read_only);
      assert.ok(parseDurationMs(agent.stop_grace_period)! > dispatcher.shutdownTimeoutMs);
    });
  });

describe('the unit', () => {
  const unit = readFileSync(join(HERE, 'systemd/log-capturer.service'), 'utf8');
  const sample = config(join(HERE, 'systemd/log-capturer.yaml'));

  it('waits longer for a stop than the agent takes', () => {
    const [, seconds] = /^TimeoutStopSec=(\d+)$/m.exec(unit) ?? [];
    assert.ok(Number(seconds) * 1000 > sample.dispatcher.shutdownTimeoutMs);
  });

  it('gives the agent the state directory that the sample names', () => {
    const [, name] = /^StateDirectory=(.+)$/m.exec(unit) ?? [];
    assert.equal(sample.stateDir, `/var/lib/${name}`);
  });
});

it('Grafana is given the data source and the dashboard that the sidecar example mounts', () => {
  const provisioning = join(HERE, 'grafana/provisioning');
  const { services } = parse(readFileSync(join(HERE, 'docker/sidecar/compose.yaml'), 'utf8'));
  const { datasources } = parse(readFileSync(join(provisioning, 'datasources/datasources.yaml'), 'utf8'));
  for (const { url } of datasources) assert.ok(new URL(url).hostname in services, url);
  const { providers } = parse(readFileSync(join(provisioning, 'dashboards/dashboards.yaml'), 'utf8'));
  const mounts: string[] = services.grafana.volumes;
  assert.ok(mounts.some(mount => mount.includes(`:${providers[0].options.path}/`)));
});
