/** Prometheus's own tool judges our metrics: the text of a scrape, the alerts, and the one on conservation (I3). */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CONSERVATION_PROMQL } from '../../internal/metrics/conservation.ts';
import { collectProcessMetrics } from '../../internal/metrics/process-metrics.ts';
import { MetricsRegistry } from '../../internal/metrics/registry.ts';
import { METRICS } from '../../internal/metrics/table.ts';
import { promtool } from '../helpers/promtool.ts';

const RULES = join(import.meta.dirname, '../../deploy/prometheus');

test('promtool finds nothing to complain about in a scrape of every metric', async context => {
  const metrics = new MetricsRegistry();
  collectProcessMetrics(metrics, { version: '0.1.0' })();
  for (const [name, { type, labels }] of METRICS) {
    metrics[type](name, Object.fromEntries(labels.map(label => [label, 'a "quoted\\"\nvalue'])));
  }
  const said = promtool(context, ['check', 'metrics'], await metrics.text());
  if (said !== undefined) assert.equal(said, '');
});

/** One minute of an agent with two sinks; `loki` may have lost some records on the way. */
function ruleTest(lost: number, expected: readonly object[]): object {
  const agent = 'job="agents",instance="a"';
  const series = {
    [`log_capturer_logs_read_total{${agent},monitor="file",source="x"}`]: 60,
    [`log_capturer_logs_read_total{${agent},monitor="docker",source="y"}`]: 40,
    [`log_capturer_logs_filtered_total{${agent},source="x",reason="stage"}`]: 10,
    [`log_capturer_logs_settled_total{${agent},sink="loki",outcome="delivered"}`]: 70 - lost,
    [`log_capturer_logs_settled_total{${agent},sink="loki",outcome="stored"}`]: 1,
    [`log_capturer_logs_in_flight{${agent},sink="loki"}`]: 19,
    [`log_capturer_logs_unmatched_total{${agent},sink="kafka"}`]: 30,
    [`log_capturer_logs_in_flight{${agent},sink="kafka"}`]: 60,
    // Another agent that filters nothing and is balanced.
    'log_capturer_logs_read_total{job="agents",instance="b",monitor="file",source="x"}': 5,
    'log_capturer_logs_in_flight{job="agents",instance="b",sink="loki"}': 5,
  };
  return {
    input_series: Object.entries(series).map(([name, value]) => ({ series: name, values: `${value}x1` })),
    promql_expr_test: [{ expr: CONSERVATION_PROMQL, eval_time: '1m', exp_samples: expected }],
  };
}

test('the alert on conservation names the sink whose books do not balance, and is silent otherwise', context => {
  const directory = mkdtempSync(join(tmpdir(), 'lc-promtool-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'conservation.json');
  const found = { labels: '{job="agents", instance="a", sink="loki"}', value: 87 };
  writeFileSync(file, JSON.stringify({ tests: [ruleTest(0, []), ruleTest(3, [found])] }));
  promtool(context, ['test', 'rules', file]);
});

test('promtool finds nothing to complain about in the alerts', context => {
  promtool(context, ['check', 'rules', join(RULES, 'rules.yaml')]);
});

test('each alert fires when it should, and none does on a healthy agent', context => {
  promtool(context, ['test', 'rules', join(RULES, 'rules.test.yaml')]);
});
