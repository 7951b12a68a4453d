/** The metrics that dashboards and alerts of users rely on: names, types and labels, as they were promised. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MetricsRegistry } from '../../internal/metrics/registry.ts';
import { METRICS } from '../../internal/metrics/table.ts';

/** name → `type label,label`. Add; never rename or take away. */
const PROMISED: Readonly<Record<string, string>> = {
  dispatcher_queue_size: 'gauge',
  dispatcher_queue_bytes: 'gauge',
  dispatcher_queue_utilization: 'gauge',
  dispatcher_consumer_lag: 'gauge sink',
  dispatcher_retry_queue_size: 'gauge sink',
  dispatcher_retry_queue_bytes: 'gauge sink',
  dispatcher_retry_drops_total: 'counter sink',
  dispatcher_retries_total: 'counter sink',
  logs_read_total: 'counter monitor,source',
  logs_read_bytes_total: 'counter monitor,source',
  logs_settled_total: 'counter sink,outcome',
  logs_filtered_total: 'counter source,reason',
  logs_lost_total: 'counter source,reason',
  logs_lost_bytes_total: 'counter source,reason',
  logs_in_flight: 'gauge sink',
  sink_send_duration_seconds: 'histogram sink',
  sink_batch_records: 'histogram sink',
  sink_batch_bytes: 'histogram sink',
  sink_errors_total: 'counter sink,kind',
  sink_consecutive_errors: 'gauge sink',
  sink_healthy: 'gauge sink',
  sink_circuit_breaker_state: 'gauge sink',
  delivery_latency_seconds: 'histogram sink',
  dlq_records: 'gauge sink,cause',
  dlq_bytes: 'gauge sink,cause',
  dlq_stored_total: 'counter sink,cause',
  dlq_replayed_total: 'counter sink,cause',
  dlq_dropped_total: 'counter sink,cause',
  files_watched: 'gauge source',
  files_open: 'gauge source',
  file_lag_bytes: 'gauge source',
  containers_watched: 'gauge source',
  config_reloads_total: 'counter result',
  config_last_reload_successful: 'gauge',
};

describe('metrics', () => {
  for (const [name, promised] of Object.entries(PROMISED))
    it(`${name} is a ${promised}`, async () => {
      const spec = METRICS.get(name);
      assert.equal([spec?.type, ...(spec?.labels.length ? [spec.labels.join()] : [])].join(' '), promised);
    });

  it('all are announced in a scrape before anything has happened', async () => {
    const text = await new MetricsRegistry().text();
    for (const [name, promised] of Object.entries(PROMISED))
      assert.ok(text.includes(`# TYPE log_capturer_${name} ${promised.split(' ')[0]}\n`), name);
  });

  it('build_info, the process and Node.js are there', () => {
    for (const name of ['build_info', 'process_resident_memory_bytes', 'nodejs_eventloop_lag_seconds'])
      assert.ok(METRICS.has(name), name);
  });

  it('no label can hold a path, a container or a line', () => {
    const labels = new Set([...METRICS.values()].flatMap(spec => spec.labels));
    for (const label of labels)
      assert.doesNotMatch(label, /path|file|container|line|message|stream|tenant|host/, label);
  });
});
