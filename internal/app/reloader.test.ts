import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Config } from '../config/config.ts';
import { MetricsRegistry } from '../metrics/registry.ts';
import { silentLogger } from '../selflog/logger.ts';
import { Reloader, type ReloadReport } from './reloader.ts';

const NONE = { added: [], changed: [], removed: [] };
const APPLIED: ReloadReport = {
  result: 'applied',
  sources: { ...NONE, waiting: [], failed: {} },
  sinks: NONE,
  applied: [],
  needs_restart: [],
};

it('one reload runs at a time, and one more for all that asked meanwhile', async () => {
  let loads = 0;
  const held = Promise.withResolvers<ReloadReport>();
  const reloader = new Reloader({
    load: () => {
      loads++;
      return { ok: true, config: {} as Config };
    },
    apply: () => held.promise,
    ...{ logger: silentLogger, metrics: new MetricsRegistry(), now: () => 0, onReload: () => undefined },
  });
  const all = [1, 2, 3, 4].map(() => reloader.reload());
  assert.equal(loads, 1);
  held.resolve(APPLIED);
  await Promise.all(all);
  assert.equal(loads, 2);
  await reloader.reload();
  assert.equal(loads, 3);
});

it('what cannot be applied is a failed reload, counted and remembered', async () => {
  const metrics = new MetricsRegistry();
  const reloader = new Reloader({
    load: () => ({ ok: true, config: {} as Config }),
    apply: () => Promise.reject(new Error('the certificate is not there')),
    ...{ logger: silentLogger, metrics, now: () => 0, onReload: () => undefined },
  });
  assert.equal(metrics.value('config_last_reload_successful'), 1);
  const report = await reloader.reload();
  assert.deepEqual(report, { result: 'failed', errors: ['the certificate is not there'] });
  assert.equal(metrics.value('config_last_reload_successful'), 0);
  assert.equal(metrics.value('config_reloads_total', { result: 'failure' }), 1);
  assert.deepEqual(reloader.last, { at: '1970-01-01T00:00:00.000Z', report });
});
