import { Throughput } from '../../pkg/throughput/throughput.ts';
import type { FailureKind } from '../../pkg/types/outcome.ts';
import type { Settlement } from '../../pkg/types/receipt.ts';
import type { Stream } from '../../pkg/types/stream.ts';
import type { Counter, Gauge, Histogram, Metrics } from '../metrics/metrics.ts';
import { SINK_METRICS } from '../metrics/table.ts';
import { LastDeliveries } from './last-deliveries.ts';

const LATENCY_WINDOW = 256;

/** One lane's figures: its metrics, bound once, and what `/api/v1/status` shows (mission row B2). */
export class LaneStats {
  readonly sink: string;
  readonly sendSeconds: Histogram;
  readonly batchRecords: Histogram;
  readonly batchBytes: Histogram;
  readonly deliverySeconds: Histogram;
  readonly retries: Counter;
  readonly retryDrops: Counter;
  readonly unmatched: Counter;
  readonly gauges: Readonly<
    Record<
      | 'inFlight'
      | 'parkedRecords'
      | 'parkedBytes'
      | 'parkedShare'
      | 'lag'
      | 'healthy'
      | 'breaker'
      | 'consecutive',
      Gauge
    >
  >;
  /** Records handed to this lane and not yet settled. */
  unsettled = 0;
  errors = 0;
  lastError: { readonly atMs: number; readonly message: string } | undefined;
  readonly settled: Record<Settlement, number> = { delivered: 0, stored: 0, discarded: 0 };
  /** Records that the sink took. */
  readonly throughput = new Throughput();
  readonly lastDeliveries = new LastDeliveries();
  readonly #metrics: Metrics;
  readonly #settledCounters = new Map<Settlement, Counter>();
  readonly #errorCounters = new Map<FailureKind, Counter>();
  readonly #latencies = new Float64Array(LATENCY_WINDOW);
  #sends = 0;

  constructor(metrics: Metrics, sink: string) {
    const labels = { sink };
    this.sink = sink;
    this.#metrics = metrics;
    this.sendSeconds = metrics.histogram('sink_send_duration_seconds', labels);
    this.batchRecords = metrics.histogram('sink_batch_records', labels);
    this.batchBytes = metrics.histogram('sink_batch_bytes', labels);
    this.deliverySeconds = metrics.histogram('delivery_latency_seconds', labels);
    this.retries = metrics.counter('dispatcher_retries_total', labels);
    this.unmatched = metrics.counter('logs_unmatched_total', labels);
    this.retryDrops = metrics.counter('dispatcher_retry_drops_total', labels);
    this.gauges = {
      inFlight: metrics.gauge('logs_in_flight', labels),
      parkedRecords: metrics.gauge('dispatcher_retry_queue_size', labels),
      parkedBytes: metrics.gauge('dispatcher_retry_queue_bytes', labels),
      parkedShare: metrics.gauge('dispatcher_retry_queue_utilization', labels),
      lag: metrics.gauge('dispatcher_consumer_lag', labels),
      healthy: metrics.gauge('sink_healthy', labels),
      breaker: metrics.gauge('sink_circuit_breaker_state', labels),
      consecutive: metrics.gauge('sink_consecutive_errors', labels),
    };
    for (const outcome of ['delivered', 'stored', 'discarded'] as const)
      this.#settledCounters.set(outcome, metrics.counter('logs_settled_total', { sink, outcome }));
  }

  /** Batches that were sent, retries and replays included. */
  get sends(): number {
    return this.#sends;
  }

  /** Takes the sink out of the scrapes: there is no such sink any more. */
  forget(): void {
    this.#metrics.forget(SINK_METRICS, { sink: this.sink });
  }

  countSettled(outcome: Settlement, records: number): void {
    this.unsettled -= records;
    this.settled[outcome] += records;
    this.#settledCounters.get(outcome)!.inc(records);
  }

  countDelivered(stream: Stream, records: number, nowMs: number): void {
    this.throughput.add(records, nowMs);
    this.lastDeliveries.note(stream, nowMs);
  }

  countError(kind: FailureKind, message: string, atMs: number): void {
    this.errors++;
    this.lastError = { atMs, message };
    let counter = this.#errorCounters.get(kind);
    if (counter === undefined) {
      counter = this.#metrics.counter('sink_errors_total', { sink: this.sink, kind });
      this.#errorCounters.set(kind, counter);
    }
    counter.inc();
  }

  countSend(seconds: number, records: number, bytes: number): void {
    this.sendSeconds.observe(seconds);
    this.batchRecords.observe(records);
    this.batchBytes.observe(bytes);
    this.#latencies[this.#sends++ % LATENCY_WINDOW] = seconds;
  }

  /** Latencies in seconds of the last sends: average, maximum, 95th percentile. */
  latency(): { average: number; max: number; p95: number } {
    const window = this.#latencies.slice(0, Math.min(this.#sends, LATENCY_WINDOW)).sort();
    if (window.length === 0) return { average: 0, max: 0, p95: 0 };
    const average = window.reduce((sum, value) => sum + value, 0) / window.length;
    return { average, max: window.at(-1)!, p95: window[Math.ceil(window.length * 0.95) - 1]! };
  }
}
