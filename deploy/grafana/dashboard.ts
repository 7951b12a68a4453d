/**
 * The dashboard, made from the table of metrics: a row for each part of the way of the data, a panel for each metric.
 * Above them, what one looks at first. `npm run docs` writes it to dashboard.json.
 */
import { CONSERVATION_PROMQL } from '../../internal/metrics/conservation.ts';
import { exportedName, METRICS, type MetricSpec } from '../../internal/metrics/table.ts';
import { type Panel, panel, place, type Query, row } from './panel.ts';

/** Rows in the order of the data's way; a metric stands in the first row one of whose prefixes it has. */
const ROWS: readonly (readonly [title: string, prefixes: RegExp])[] = [
  ['Retry queue', /^dispatcher_retr/],
  ['Queue', /^dispatcher_/],
  ['Sources', /^(logs_(read|filtered|lost)|files?_|lines_|containers?_|docker_)/],
  ['Sinks', /^(logs_|sink_|delivery_)/],
  ['Dead letters', /^dlq_/],
  ['Process', /^(process|nodejs)_/],
  ['Agent', /^/],
];

/** What every query is narrowed to: the variables on top of the dashboard. */
const CHOSEN = 'job=~"$job",instance=~"$instance"';
const WINDOW = '[$__rate_interval]';

/** The dashboard as Grafana imports it. */
export function renderDashboard(): object {
  return {
    title: 'log-capturer',
    uid: 'log-capturer',
    tags: ['logs'],
    schemaVersion: 39,
    editable: true,
    refresh: '30s',
    time: { from: 'now-3h', to: 'now' },
    templating: { list: VARIABLES },
    panels: place([
      row('Overview'),
      ...OVERVIEW,
      ...ROWS.flatMap(([title]) => [row(title), ...panelsOf(title)]),
    ]),
  };
}

/** A panel for each metric of a row. */
function panelsOf(title: string): Panel[] {
  const names = [...METRICS.keys()].filter(
    name => ROWS.find(([, prefixes]) => prefixes.test(name))?.[0] === title,
  );
  return names.map(name => {
    const spec = METRICS.get(name)!;
    return panel({
      title: titleOf(name),
      description: spec.help,
      unit: unitOf(name, spec),
      queries: queriesOf(name, spec),
    });
  });
}

/** Counters as rates, histograms as quantiles, gauges as they are; a line for each agent and set of labels. */
function queriesOf(name: string, { type, labels }: MetricSpec): Query[] {
  const metric = exportedName(name);
  const legend = ['instance', ...labels].map(label => `{{${label}}}`).join(' ');
  const by = ['instance', ...labels].join(', ');
  if (type === 'gauge') return [{ expr: `${metric}{${CHOSEN}}`, legend }];
  if (type === 'counter') return [{ expr: `sum by (${by}) (rate(${metric}{${CHOSEN}}${WINDOW}))`, legend }];
  return [0.5, 0.99].map(quantile => ({
    expr: `histogram_quantile(${quantile}, sum by (le, ${by}) (rate(${metric}_bucket{${CHOSEN}}${WINDOW})))`,
    legend: `${legend} p${quantile * 100}`,
  }));
}

function unitOf(name: string, { type }: MetricSpec): string {
  if (/utilization$/.test(name)) return 'percentunit';
  // A second a second is a share of one core.
  if (/seconds_total$/.test(name)) return 'percentunit';
  if (/start_time_seconds$/.test(name)) return 'dateTimeAsIso';
  if (/bytes/.test(name)) return type === 'counter' ? 'Bps' : 'bytes';
  if (/seconds$/.test(name)) return 's';
  return type === 'counter' ? 'cps' : 'short';
}

function titleOf(name: string): string {
  const words = name.replace(/_total$|_seconds$/, '').replaceAll('_', ' ');
  return words[0]!.toUpperCase() + words.slice(1);
}

const OVERVIEW: readonly Panel[] = [
  stat('Read', 'Lines a second.', `sum(rate(log_capturer_logs_read_total{${CHOSEN}}${WINDOW}))`, 'cps'),
  stat(
    'Delivered',
    'Lines a second, over all sinks.',
    `sum(rate(log_capturer_logs_settled_total{${CHOSEN},outcome="delivered"}${WINDOW}))`,
    'cps',
  ),
  stat(
    'p99 delivery',
    'From reading a line to its acknowledgement, the slowest sink.',
    `max(histogram_quantile(0.99, sum by (le, sink) (rate(log_capturer_delivery_latency_seconds_bucket{${CHOSEN}}${WINDOW}))))`,
    's',
  ),
  stat(
    'Sinks down',
    'Sinks that take nothing.',
    `count(log_capturer_sink_healthy{${CHOSEN}} == 0) or vector(0)`,
    'short',
    1,
  ),
  stat(
    'Dead letters',
    'Lines on disk, over all sinks.',
    `sum(log_capturer_dlq_records{${CHOSEN}}) or vector(0)`,
    'short',
    1,
  ),
  stat(
    'Unbalanced books',
    'Sinks for which lines were read that are neither settled nor under way: always 0.',
    `count(${CONSERVATION_PROMQL}) or vector(0)`,
    'short',
    1,
  ),
];

/** One number; red from `alarmAt` on. */
function stat(title: string, description: string, expr: string, unit: string, alarmAt?: number): Panel {
  return panel({ title, description, unit, queries: [{ expr, legend: '' }], kind: 'stat', alarmAt });
}

const VARIABLES: readonly object[] = [
  { name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Data source' },
  variable('job', 'label_values(log_capturer_build_info, job)'),
  variable('instance', 'label_values(log_capturer_build_info{job=~"$job"}, instance)'),
];

function variable(name: string, query: string): object {
  const datasource = { type: 'prometheus', uid: '${datasource}' };
  const all = { text: 'All', value: '$__all' };
  return {
    name,
    type: 'query',
    datasource,
    query,
    refresh: 2,
    includeAll: true,
    multi: true,
    allValue: '.*',
    current: all,
  };
}
