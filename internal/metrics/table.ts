/**
 * Every metric of the agent. Nothing else can be created: a room asks the registry for a child of one of
 * these. Label values come from the config or from a fixed list, so the number of series is bounded by the
 * config.
 */
export interface MetricSpec {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds, ascending; histograms only. */
  readonly buckets?: readonly number[];
}

const counter = (help: string, ...labels: string[]): MetricSpec => ({ type: 'counter', help, labels });
const gauge = (help: string, ...labels: string[]): MetricSpec => ({ type: 'gauge', help, labels });
const histogram = (help: string, buckets: readonly number[], ...labels: string[]): MetricSpec => ({
  type: 'histogram',
  help,
  labels,
  buckets,
});

const SEND_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const LATENCY_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 1.1, 1.5, 2.5, 5, 10, 30, 60, 300, 3600];
const GC_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1];
const RECORDS = [1, 10, 100, 500, 1000, 2500, 5000, 10_000, 50_000];
const BYTES = [1024, 4096, 16_384, 65_536, 262_144, 524_288, 1_048_576, 2_097_152, 4_194_304];

/** By name, without the prefix. Names are a contract with dashboards and alerts: add, never rename. */
export const METRICS: ReadonlyMap<string, MetricSpec> = new Map(
  Object.entries({
    logs_read_total: counter('Records published by monitors.', 'monitor', 'source'),
    logs_read_bytes_total: counter('Bytes of the records published by monitors.', 'monitor', 'source'),
    logs_settled_total: counter('Records that a sink is done with.', 'sink', 'outcome'),
    logs_unmatched_total: counter('Records passed over because the match of the sink says no.', 'sink'),
    logs_filtered_total: counter('Records dropped by a pipeline stage on purpose.', 'source', 'reason'),
    logs_lost_total: counter('Records known to be lost before they were read whole.', 'source', 'reason'),
    logs_lost_bytes_total: counter('Bytes known to be lost before they were read.', 'source', 'reason'),
    logs_in_flight: gauge('Records published and not yet settled by a sink.', 'sink'),

    dispatcher_queue_size: gauge('Records in the queue.'),
    dispatcher_queue_bytes: gauge('Bytes held by the queue.'),
    dispatcher_queue_utilization: gauge('How full the queue is, 0 to 1: the nearer of its two bounds.'),
    dispatcher_consumer_lag: gauge('Records of the queue that a sink has not taken yet.', 'sink'),
    dispatcher_retry_queue_size: gauge('Records parked for another attempt.', 'sink'),
    dispatcher_retry_queue_bytes: gauge('Bytes parked for another attempt.', 'sink'),
    dispatcher_retry_queue_utilization: gauge(
      'How full the retry queue is, 0 to 1: the nearer of its two bounds.',
      'sink',
    ),
    dispatcher_retry_drops_total: counter('Records that left a full retry queue for the DLQ.', 'sink'),
    dispatcher_retries_total: counter('Attempts after the first one.', 'sink'),

    sink_send_duration_seconds: histogram('How long one attempt took.', SEND_SECONDS, 'sink'),
    sink_batch_records: histogram('Records in a batch.', RECORDS, 'sink'),
    sink_batch_bytes: histogram('Bytes of the lines in a batch.', BYTES, 'sink'),
    sink_errors_total: counter('Attempts that failed.', 'sink', 'kind'),
    sink_adjusted_total: counter(
      'Lines cut, and streams whose labels were changed, before they were sent: they were over a limit of the sink.',
      'sink',
      'what',
    ),
    sink_concurrency_limit: gauge(
      'Requests that a sink has under way at most, adapted to its server.',
      'sink',
    ),
    sink_consecutive_errors: gauge('Attempts that failed since the last success.', 'sink'),
    sink_healthy: gauge('Whether the sink takes batches: 1 or 0.', 'sink'),
    sink_circuit_breaker_state: gauge('0 closed, 1 half-open, 2 open.', 'sink'),
    delivery_latency_seconds: histogram(
      'From reading a record to its acknowledgement.',
      LATENCY_SECONDS,
      'sink',
    ),

    dlq_records: gauge('Dead letters on disk.', 'sink', 'cause'),
    dlq_bytes: gauge('Bytes of the dead letters on disk.', 'sink', 'cause'),
    dlq_writable: gauge('Whether dead letters can be written: 1 or 0.'),
    dlq_stored_total: counter('Records written to the DLQ.', 'sink', 'cause'),
    dlq_replayed_total: counter('Dead letters that were delivered after all.', 'sink', 'cause'),
    dlq_dropped_total: counter('Dead letters deleted by age, by size or by a person.', 'sink', 'cause'),

    files_watched: gauge('Files that match a source.', 'source'),
    files_open: gauge('Files held open.', 'source'),
    file_lag_bytes: gauge('Unread bytes of the file that is furthest behind.', 'source'),
    lines_malformed_total: counter(
      'Lines that are not what the format of their source says; they are passed on as text.',
      'source',
    ),
    lines_cut_total: counter('Times a line longer than max_line_bytes was cut or dropped.', 'source'),
    file_errors_total: counter(
      'Files that could not be read, and folders that send no events.',
      'source',
      'kind',
    ),
    containers_watched: gauge('Containers whose logs are read.', 'source'),
    docker_reconnects_total: counter(
      'Times the log of a container broke off and was asked for again.',
      'source',
    ),
    docker_replayed_lines_total: counter(
      'Lines that an engine gave again, and that were left out because they had been read.',
      'source',
    ),
    docker_errors_total: counter(
      'Container logs that cannot be read back, are damaged or were removed unread; messages that make no sense.',
      'source',
      'kind',
    ),

    config_reloads_total: counter('Reloads of the config.', 'result'),
    config_last_reload_successful: gauge('Whether the last reload took effect: 1 or 0.'),
    build_info: gauge('Always 1; what is running is in the labels.', 'version', 'node_version', 'commit'),

    process_cpu_user_seconds_total: counter('User CPU time spent.'),
    process_cpu_system_seconds_total: counter('System CPU time spent.'),
    process_cpu_seconds_total: counter('User and system CPU time spent.'),
    process_start_time_seconds: gauge('Start of the process, in seconds since 1970.'),
    process_resident_memory_bytes: gauge('Resident memory.'),
    process_open_fds: gauge('Open file descriptors.'),
    process_max_fds: gauge('Limit of open file descriptors.'),
    nodejs_version_info: gauge('Always 1; the version of Node.js is in the label.', 'version'),
    nodejs_heap_size_total_bytes: gauge('Size of the JavaScript heap.'),
    nodejs_heap_size_used_bytes: gauge('Used part of the JavaScript heap.'),
    nodejs_external_memory_bytes: gauge('Memory outside of the heap that belongs to it: buffers.'),
    nodejs_active_resources: gauge('What keeps the event loop alive.', 'type'),
    nodejs_eventloop_lag_seconds: gauge(
      'How long a callback waited for its turn at the scrape before this one.',
    ),
    nodejs_eventloop_active_seconds_total: counter(
      'Time the event loop was busy; its rate is the utilization.',
    ),
    nodejs_gc_duration_seconds: histogram('Pauses of the garbage collector.', GC_SECONDS, 'kind'),
  }),
);

/** What there is of each sink, and goes with it; letters outlive their sink. */
export const SINK_METRICS: readonly string[] = [...METRICS]
  .filter(([name, { labels }]) => labels.includes('sink') && !name.startsWith('dlq_'))
  .map(([name]) => name);

/** The name that Prometheus sees. Process and Node.js metrics keep the names that every dashboard knows. */
export function exportedName(name: string): string {
  return /^(process|nodejs)_/.test(name) ? name : `log_capturer_${name}`;
}
