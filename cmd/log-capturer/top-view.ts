import { table } from './table.ts';

/** What `top` shows of `/api/v1/status`. */
export interface TopStatus {
  readonly version: string;
  readonly health: { readonly status: string };
  readonly records_per_second: number;
  readonly throughput: readonly number[];
  readonly queue: { readonly records: number; readonly bytes: number; readonly utilization: number };
  readonly retry_queue: { readonly queue_size: number; readonly max_queue_size: number };
  readonly sinks: readonly TopSink[];
  readonly dlq: readonly { readonly sink: string; readonly cause: string; readonly records: number }[];
  readonly file_monitor?: readonly TopFile[];
  readonly docker_monitor?: readonly TopContainer[];
  readonly recent_errors: readonly { readonly time: string; readonly key: string; readonly msg: string }[];
}

interface TopSink {
  readonly name: string;
  readonly breaker: string;
  readonly is_healthy: boolean;
  readonly records_per_second: number;
  readonly records_total: number;
  readonly depth: number;
  readonly lag: number;
  readonly parked_records: number;
  readonly utilization: number;
  readonly errors: number;
  readonly consecutive_errors: number;
  readonly batch_latency_seconds: { readonly average: number; readonly p95: number; readonly max: number };
}

interface TopFile {
  readonly source: string;
  readonly path: string;
  readonly lagBytes: number;
  readonly waitsFor: string;
}

interface TopContainer {
  readonly source: string;
  readonly name: string;
  readonly follower?: { readonly state: string; readonly waitsFor: string };
}

const BARS = '▁▂▃▄▅▆▇█';
/** The files that are furthest behind, and the last errors: as many as fit beside the rest. */
const SHOWN_FILES = 8;
const SHOWN_CONTAINERS = 5;
const SHOWN_ERRORS = 4;

/** One picture of a running agent, as text; each line is cut to `columns`. */
export function topView(status: TopStatus, columns: number): string {
  const { queue, retry_queue: retries } = status;
  const head = [
    `log-capturer ${status.version}  ${status.health.status}  ${rate(status.records_per_second)} lines/s  ${sparkline(status.throughput)}`,
    `queue ${queue.records} records, ${mebibytes(queue.bytes)} (${percent(queue.utilization)})   retry queue ${retries.queue_size} of ${retries.max_queue_size}`,
  ];
  const blocks = [
    sinkTable(status),
    fileTable(status.file_monitor ?? []),
    containerTable(status.docker_monitor ?? []),
    errorTable(status.recent_errors),
  ];
  const lines = [...head, '', ...blocks.filter(block => block !== '').flatMap(block => block.split('\n'))];
  return lines.map(line => line.slice(0, columns)).join('\n');
}

function sinkTable({ sinks, dlq }: TopStatus): string {
  const header = [
    'SINK',
    'STATE',
    'LINES/S',
    'TOTAL',
    'DEPTH',
    'LAG',
    'PARKED',
    'BUSY',
    'AVG',
    'P95',
    'MAX',
    'ERRORS',
    'DLQ',
  ];
  const rows = sinks.map(sink => {
    const { average, p95, max } = sink.batch_latency_seconds;
    const letters = dlq
      .filter(each => each.sink === sink.name)
      .reduce((sum, { records }) => sum + records, 0);
    const state = sink.is_healthy ? 'ok' : `failing ×${sink.consecutive_errors} (${sink.breaker})`;
    const figures = [sink.records_total, sink.depth, sink.lag, sink.parked_records].map(String);
    return [
      ...[sink.name, state, rate(sink.records_per_second), ...figures, percent(sink.utilization)],
      ...[average, p95, max].map(milliseconds),
      ...[`${sink.errors}`, `${letters}`],
    ];
  });
  return table(header, rows);
}

function fileTable(files: readonly TopFile[]): string {
  if (files.length === 0) return '';
  const worst = files.toSorted((a, b) => b.lagBytes - a.lagBytes).slice(0, SHOWN_FILES);
  const rows = worst.map(({ source, path, lagBytes, waitsFor }) => [source, `${lagBytes}`, waitsFor, path]);
  return table(['SOURCE', 'BEHIND', 'WAITS FOR', `FILE (${files.length})`], rows);
}

function containerTable(containers: readonly TopContainer[]): string {
  const read = containers.filter(({ follower }) => follower !== undefined);
  if (read.length === 0) return '';
  const rows = read
    .slice(0, SHOWN_CONTAINERS)
    .map(({ source, name, follower }) => [source, follower?.state ?? '', follower?.waitsFor ?? '', name]);
  return table(['ENGINE', 'STATE', 'WAITS FOR', `CONTAINER (${read.length})`], rows);
}

function errorTable(errors: TopStatus['recent_errors']): string {
  if (errors.length === 0) return '';
  return table(
    ['LAST ERRORS', 'KEY', ''],
    errors.slice(-SHOWN_ERRORS).map(({ time, key, msg }) => [time, key, msg]),
  );
}

/** The last minutes as bars: the highest is the most there was. */
export function sparkline(values: readonly number[]): string {
  const most = Math.max(...values, 1);
  return values.map(value => BARS[Math.round((value / most) * (BARS.length - 1))]).join('');
}

function rate(value: number): string {
  return value >= 10 ? value.toFixed(0) : value.toFixed(1);
}

function percent(part: number): string {
  return `${Math.round(part * 100)} %`;
}

function milliseconds(seconds: number): string {
  return `${Math.round(seconds * 1000)} ms`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / (1 << 20)).toFixed(1)} MiB`;
}
