import type { Clock, Timer } from '../../pkg/clock/clock.ts';
import type { MultiConsumerQueue } from '../../pkg/queue/multi-consumer-queue.ts';
import type { QueueConsumer } from '../../pkg/queue/queue-consumer.ts';
import type { Chunk } from '../../pkg/types/chunk.ts';
import type { LabelsCOW } from '../../pkg/types/labels-cow.ts';
import type { Health, Sink } from '../../pkg/types/ports.ts';
import type { Stream } from '../../pkg/types/stream.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { BackoffOptions } from './backoff.ts';
import { type BatchLimits, BatchProcessor, type CopyMode } from './batch-processor.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { LaneStats } from './lane-stats.ts';
import { Parking } from './parking.ts';
import { Slot } from './slot.ts';

/** One sink and how the dispatcher treats it; from the config, resolved per sink. */
export interface LaneOptions {
  readonly sink: Sink;
  readonly limits: BatchLimits;
  readonly copyMode: CopyMode;
  /** Sends in flight at the most. */
  readonly workers: number;
  readonly backoff: BackoffOptions;
  readonly breaker: { readonly failures: number; readonly resetMs: number };
  /** Bounds of the parking. */
  readonly retryQueueRecords: number;
  readonly retryQueueBytes: number;
  /** The sink's `match`; undefined: it wants everything. */
  readonly matches?: ((labels: LabelsCOW) => boolean) | undefined;
}

export interface LaneParts {
  readonly queue: MultiConsumerQueue<Chunk>;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Starts what may start in this lane: the retry manager's `dispatch`. */
  readonly dispatch: (lane: Lane) => void;
}

/**
 * One sink's side of the house: its cursor in the queue, its slots in flight, its breaker, its parking. It is woken
 * by the queue, by its one timer (a batch's time is up), and by the retry manager; in between it costs nothing.
 */
export class Lane {
  readonly name: string;
  readonly sink: Sink;
  readonly options: LaneOptions;
  readonly slots: readonly Slot[];
  readonly breaker: CircuitBreaker;
  readonly stats: LaneStats;
  readonly processor: BatchProcessor;
  readonly consumer: QueueConsumer<Chunk>;
  readonly parking: Parking;
  /** Sends in flight. Kept by the retry manager. */
  sending = 0;
  readonly #queue: MultiConsumerQueue<Chunk>;
  readonly #clock: Clock;
  readonly #dispatch: (lane: Lane) => void;
  readonly #wanted = new WeakMap<Stream, boolean>();
  #timer: Timer | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #isDraining = false;
  #isClosed = false;
  #onIdle: (() => void) | undefined;
  #failingSinceMs = 0;

  constructor(options: LaneOptions, parts: LaneParts) {
    this.options = options;
    this.sink = options.sink;
    this.name = options.sink.name;
    this.slots = Array.from({ length: options.workers }, () => new Slot());
    this.breaker = new CircuitBreaker({ ...options.breaker, backoff: options.backoff });
    this.parking = new Parking(options.retryQueueRecords, options.retryQueueBytes);
    this.stats = new LaneStats(parts.metrics, this.name);
    this.#queue = parts.queue;
    this.#clock = parts.clock;
    this.#dispatch = parts.dispatch;
    this.consumer = parts.queue.createConsumer(this.name);
    this.processor = new BatchProcessor({
      consumer: this.consumer,
      slots: this.slots,
      limits: options.limits,
      copyMode: options.copyMode,
      wants: chunk => this.#wants(chunk),
      onUnwanted: chunk => {
        this.stats.unsettled -= chunk.records;
        this.stats.unmatched.inc(chunk.records);
      },
    });
    this.consumer.onMessage(() => this.pump());
    parts.metrics.onCollect(() => this.#collect());
  }

  /** Moves what can be moved: cursor → batches → sends. Called after everything that may have made room. */
  pump(): void {
    if (this.#isClosed) return;
    const nowMs = this.#clock.monotonicMs();
    this.processor.gather(nowMs);
    this.#arm(this.processor.sealDue(nowMs, this.#isDraining || this.#isPressed()), nowMs);
    this.#dispatch(this);
    if (this.#onIdle !== undefined && this.isIdle) this.#onIdle();
  }

  /** Whether nothing is left to do in this lane. */
  get isIdle(): boolean {
    return this.stats.unsettled === 0;
  }

  /** Sends at once from now on, without waiting for fuller batches; resolves when nothing is left. */
  drain(): Promise<void> {
    this.#isDraining = true;
    return new Promise(resolve => {
      this.#onIdle = resolve;
      this.pump();
    });
  }

  /** Stops for good. Batches that are not under way are let go unsettled: they are read again (I1). */
  close(): void {
    this.#isClosed = true;
    this.#timer?.clear();
    this.consumer.close();
  }

  health(): Health {
    if (!this.breaker.isFailing) {
      this.#failingSinceMs = 0;
      return this.sink.health();
    }
    this.#failingSinceMs ||= this.#clock.now();
    const reason = `${this.breaker.failures} failed attempts in a row: ${this.stats.lastError ?? 'unknown'}`;
    return { status: 'degraded', reason, sinceMs: this.#failingSinceMs };
  }

  /** What `/api/v1/status` shows of this lane. */
  status(): Record<string, unknown> {
    return {
      name: this.name,
      copy_mode: this.processor.copyMode,
      breaker: this.breaker.state,
      is_healthy: !this.breaker.isFailing,
      consecutive_errors: this.breaker.failures,
      errors: this.stats.errors,
      last_error: this.stats.lastError ?? null,
      settled: this.stats.settled,
      in_flight: this.stats.unsettled,
      sending: this.sending,
      lag: this.consumer.lag().records,
      parked_records: this.parking.records,
      parked_bytes: this.parking.bytes,
      batch_latency_seconds: this.stats.latency(),
    };
  }

  /** While publishers wait for room, half-full batches go at once: they hold what everybody waits for. */
  #isPressed(): boolean {
    return this.#queue.stats().waiting > 0;
  }

  #arm(atMs: number, nowMs: number): void {
    if (atMs === this.#timerAtMs) return;
    this.#timer?.clear();
    this.#timer = undefined;
    this.#timerAtMs = atMs;
    if (atMs === Number.POSITIVE_INFINITY) return;
    this.#timer = this.#clock.after(Math.max(0, Math.ceil(atMs - nowMs)), () => {
      this.#timerAtMs = Number.POSITIVE_INFINITY;
      this.pump();
    });
  }

  #wants(chunk: Chunk): boolean {
    if (this.options.matches === undefined) return true;
    let wanted = this.#wanted.get(chunk.stream);
    if (wanted === undefined) {
      wanted = this.options.matches(chunk.stream.labels);
      this.#wanted.set(chunk.stream, wanted);
    }
    return wanted;
  }

  #collect(): void {
    const { gauges } = this.stats;
    gauges.inFlight.set(this.stats.unsettled);
    gauges.parkedRecords.set(this.parking.records);
    gauges.parkedBytes.set(this.parking.bytes);
    gauges.lag.set(this.consumer.lag().records);
    gauges.healthy.set(this.breaker.isFailing ? 0 : 1);
    gauges.breaker.set({ closed: 0, 'half-open': 1, open: 2 }[this.breaker.state]);
    gauges.consecutive.set(this.breaker.failures);
  }
}
