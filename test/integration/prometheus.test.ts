/** A real Prometheus scrapes a running agent by the config in deploy/, and answers every question of rules and dashboard. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import { renderDashboard } from '../../deploy/grafana/dashboard.ts';
import { pathsToLoki, startAgent } from '../helpers/agent.ts';
import { NumberedLog } from '../helpers/numbered-log.ts';
import { startPrometheus } from '../helpers/prometheus.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { scopeOf } from '../helpers/scope.ts';
import { until } from '../helpers/until.ts';

interface Panel {
  readonly type: string;
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

it('every expression of rules and dashboard has an answer, and no alert fires on a healthy agent', async t => {
  const scope = scopeOf(t);
  const receiver = await startReceiver(scope);
  const dir = await scope.folder();
  const log = new NumberedLog('app', join(dir, 'app.log'));
  log.append(1000);
  const agent = await startAgent(scope, { dir, config: pathsToLoki([log.path], receiver.url) });
  // What has a value from the start; the rest comes with its first error, or with a part that is not used here.
  const exported = [...(await agent.metrics()).keys()].map(series => /^\w+/.exec(series)?.[0] ?? '');
  const prometheus = await startPrometheus(t, scope, new URL(agent.url).host);
  if (prometheus === undefined) return;
  await until(
    async () => {
      log.append(10);
      return prometheus.query('rate(log_capturer_sink_batch_records_count[10s]) > 0');
    },
    samples => samples.length > 0,
  );

  const rules = await prometheus.rules();
  const wrong = rules.filter(({ health, state }) => health !== 'ok' || state !== 'inactive');
  assert.deepEqual(wrong, []);

  const { panels } = renderDashboard() as { panels: readonly Panel[] };
  const empty: string[] = [];
  for (const { title, targets = [] } of panels) {
    for (const { expr } of targets) {
      const samples = await prometheus.query(
        expr.replaceAll('[$__rate_interval]', '[10s]').replace(/"\$(job|instance)"/g, '".*"'),
      );
      const hasAnswer = samples.length > 0 || !exported.some(name => expr.includes(`${name}{`));
      if (!hasAnswer) empty.push(title);
    }
  }
  assert.deepEqual(empty, []);
});
