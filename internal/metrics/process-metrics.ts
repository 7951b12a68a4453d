import { readdirSync, readFileSync } from 'node:fs';
import { constants, PerformanceObserver, performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { systemCode } from '../../pkg/errors/errors.ts';
import type { MetricsRegistry } from './registry.ts';

/** What `build_info` says of the agent. */
export interface Build {
  readonly version: string;
  /** The commit it was built from, where that is known. */
  readonly commit?: string | undefined;
}

/**
 * Registers `build_info` and what Node.js and the kernel tell of this process; returns what stops it.
 *
 * These are prom-client's defaults without what ticks: its event loop histogram arms a 10 ms timer, which
 * costs an idle process 98 wake-ups a second and 0.7 % CPU. Here everything is read at the scrape, and the
 * collector reports by event.
 */
export function collectProcessMetrics(metrics: MetricsRegistry, build: Build): () => void {
  const { version, commit = '' } = build;
  metrics.gauge('build_info', { version, node_version: process.version, commit }).set(1);
  metrics.gauge('nodejs_version_info', { version: process.version }).set(1);
  metrics.gauge('process_start_time_seconds').set(Date.now() / 1000 - process.uptime());
  collectCpu(metrics);
  collectMemory(metrics);
  collectEventLoop(metrics);
  if (process.platform === 'linux') collectDescriptors(metrics);
  return observeGc(metrics);
}

/** Adds to the counter `name` what brings it to `total()` at each scrape. */
function follow(metrics: MetricsRegistry, name: string, total: () => number): void {
  const counter = metrics.counter(name);
  metrics.onCollect(() => counter.inc(Math.max(0, total() - metrics.value(name))));
}

function collectCpu(metrics: MetricsRegistry): void {
  follow(metrics, 'process_cpu_user_seconds_total', () => process.cpuUsage().user / 1e6);
  follow(metrics, 'process_cpu_system_seconds_total', () => process.cpuUsage().system / 1e6);
  follow(metrics, 'process_cpu_seconds_total', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
}

function collectMemory(metrics: MetricsRegistry): void {
  const heapTotal = metrics.gauge('nodejs_heap_size_total_bytes');
  const heapUsed = metrics.gauge('nodejs_heap_size_used_bytes');
  const external = metrics.gauge('nodejs_external_memory_bytes');
  metrics.onCollect(() => {
    const heap = getHeapStatistics();
    heapTotal.set(heap.total_heap_size);
    heapUsed.set(heap.used_heap_size);
    external.set(heap.external_memory);
    // Node.js reads it from /proc.
    const rssBytes = fromProc(() => process.memoryUsage.rss());
    if (rssBytes !== undefined) metrics.gauge('process_resident_memory_bytes').set(rssBytes);
  });
}

function collectEventLoop(metrics: MetricsRegistry): void {
  follow(
    metrics,
    'nodejs_eventloop_active_seconds_total',
    () => performance.eventLoopUtilization().active / 1000,
  );
  const lag = metrics.gauge('nodejs_eventloop_lag_seconds');
  metrics.onCollect(() => {
    const askedMs = performance.now();
    setImmediate(() => lag.set((performance.now() - askedMs) / 1000));
  });
  const seen = new Set<string>();
  metrics.onCollect(() => {
    const counts = new Map([...seen].map(type => [type, 0]));
    for (const type of process.getActiveResourcesInfo()) counts.set(type, (counts.get(type) ?? 0) + 1);
    for (const [type, count] of counts) {
      seen.add(type);
      metrics.gauge('nodejs_active_resources', { type }).set(count);
    }
  });
}

function collectDescriptors(metrics: MetricsRegistry): void {
  const limits = fromProc(() => readFileSync('/proc/self/limits', 'utf8'));
  if (limits === undefined) return;
  const limit = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  if (limit !== undefined) metrics.gauge('process_max_fds').set(Number(limit));
  const open = metrics.gauge('process_open_fds');
  // One less: the descriptor of the reading itself.
  metrics.onCollect(() => open.set(readdirSync('/proc/self/fd').length - 1));
}

/** What the kernel tells in /proc; undefined where that is missing, as in some sandboxes. */
function fromProc<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Not prom-client's own observer: that one counts only the first of the pauses it is told of at a time. */
function observeGc(metrics: MetricsRegistry): () => void {
  const minor = metrics.histogram('nodejs_gc_duration_seconds', { kind: 'minor' });
  const major = metrics.histogram('nodejs_gc_duration_seconds', { kind: 'major' });
  const incremental = metrics.histogram('nodejs_gc_duration_seconds', { kind: 'incremental' });
  const weak = metrics.histogram('nodejs_gc_duration_seconds', { kind: 'weakcb' });
  const byKind = new Map([
    [constants.NODE_PERFORMANCE_GC_MINOR, minor],
    [constants.NODE_PERFORMANCE_GC_MINOR_MARK_SWEEP, minor],
    [constants.NODE_PERFORMANCE_GC_MAJOR, major],
    [constants.NODE_PERFORMANCE_GC_INCREMENTAL, incremental],
    [constants.NODE_PERFORMANCE_GC_WEAKCB, weak],
  ]);
  const observer = new PerformanceObserver(list => {
    for (const entry of list.getEntries()) byKind.get(gcKind(entry))?.observe(entry.duration / 1000);
  });
  observer.observe({ entryTypes: ['gc'] });
  return () => observer.disconnect();
}

/** Node.js puts the kind into `detail`, which its types do not know. */
function gcKind(entry: object): number {
  const detail = 'detail' in entry ? entry.detail : undefined;
  const hasKind = typeof detail === 'object' && detail !== null && 'kind' in detail;
  return hasKind && typeof detail.kind === 'number' ? detail.kind : 0;
}
