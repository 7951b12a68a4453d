import { type Clock, within } from '../../pkg/clock/clock.ts';
import type { Weight } from '../../pkg/queue/message.ts';
import { MultiConsumerQueue } from '../../pkg/queue/multi-consumer-queue.ts';
import type { Urgency } from '../../pkg/queue/room.ts';
import { Throughput } from '../../pkg/throughput/throughput.ts';
import type { Chunk } from '../../pkg/types/chunk.ts';
import type { DeadLetters } from '../../pkg/types/dead-letters.ts';
import type { Failure } from '../../pkg/types/outcome.ts';
import type { Component, Health, Publisher } from '../../pkg/types/ports.ts';
import type { Stream } from '../../pkg/types/stream.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Logger } from '../selflog/logger.ts';
import { Lane } from './lane.ts';
import type { CopyMode, LaneOptions } from './lane-options.ts';
import { LaneSet } from './lane-set.ts';
import { laneHealth, laneStatus, setGauges } from './lane-status.ts';
import { LendingCheck } from './lending-check.ts';
import { Pressure } from './pressure.ts';
import { RetryManagerV2 } from './retry-manager-v2.ts';
import { traceRead } from './trace.ts';

export interface DispatcherOptions {
  /** What the queue may hold. */
  readonly bounds: Weight;
  readonly lanes: readonly LaneOptions[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly deadLetters: DeadLetters;
  /** A sink with `error_strategy: fail_fast` failed: the agent is to drain and to end with a failure. */
  readonly onFailFast: (sink: string, failure: Failure) => void;
  /** Check mode: every lent batch is verified (design section 4). */
  readonly checkLending: boolean;
  /** Called when an invariant broke: the process should end (I1 makes that safe). */
  readonly onFatal: (error: unknown) => void;
}

/** How long the disk may take for what is left at the deadline of a drain. */
const BURIAL_GRACE_MS = 5000;

/** Records that are not settled, per sink; after a drain those that were left at the deadline. */
export type Leftover = Readonly<Record<string, number>>;

/** What one sink has to do with a stream. */
export interface StreamReport {
  readonly sink: string;
  /** Whether its `match` takes the stream. */
  readonly wanted: boolean;
  /** RFC 3339; `null` when it has taken none since the start. */
  readonly last_delivery: string | null;
}

/**
 * Stop 3: one queue that every lane reads with a cursor of its own. Chunks are shared, not copied; a chunk is let go
 * when the slowest lane has passed it. Full means that `publish` waits, so monitors stop reading.
 */
export class Dispatcher implements Component, Publisher {
  readonly name = 'dispatcher';
  readonly #clock: Clock;
  readonly #queue: MultiConsumerQueue<Chunk>;
  readonly #retries: RetryManagerV2;
  /** The sinks it serves; they may come, change and go while it runs. */
  readonly lanes: LaneSet;
  #startedAtMs = 0;
  #published = 0;
  readonly #throughput = new Throughput();

  constructor(options: DispatcherOptions) {
    const { clock, logger, metrics, deadLetters } = options;
    const onFatal = (error: unknown): undefined => void options.onFatal(error);
    this.#clock = clock;
    this.#queue = new MultiConsumerQueue({
      maxRecords: options.bounds.records,
      maxBytes: options.bounds.bytes,
      clock,
      onFree: chunk => chunk.release(),
    });
    const check = options.checkLending ? new LendingCheck() : undefined;
    const onFailFast = (lane: Lane, failure: Failure): void => {
      // Nobody is left to read: whoever waits for room would do so in vain.
      if (this.#lanes.every(({ isDead }) => isDead)) this.#queue.close();
      options.onFailFast(lane.name, failure);
    };
    this.#retries = new RetryManagerV2({ clock, logger, check, onFailFast, onFatal });
    const pressure = new Pressure({
      ...{ clock, queue: this.#queue, bounds: options.bounds },
      ...{ lanes: () => this.#lanes, wakeAt: (lane, atMs) => this.#retries.wakeAt(lane, atMs) },
    });
    const isInTheWay = (lane: Lane): boolean => pressure.isInTheWay(lane);
    const onHeldUp = (lane: Lane): void => pressure.hurry(lane);
    const parts = { queue: this.#queue, clock, metrics, logger, deadLetters, retries: this.#retries };
    this.lanes = new LaneSet(options.lanes, {
      ...{ clock, retries: this.#retries, published: () => this.#published },
      make: lane => new Lane(lane, { ...parts, isInTheWay, onHeldUp, onFatal }),
    });
    this.#watch(metrics);
  }

  /** From now on lanes send; letters from before this start go first. */
  async start(): Promise<void> {
    this.#startedAtMs = this.#clock.now();
    for (const lane of this.#lanes) lane.start();
  }

  /** Looks again whether there is something to send: after letters were asked to be replayed, say. */
  wake(): void {
    for (const lane of this.#lanes) lane.pump();
  }

  async publish(chunk: Chunk, urgency?: Urgency): Promise<void> {
    const weight = { records: chunk.records, bytes: chunk.heldBytes };
    if (!this.#queue.hasRoom(weight, urgency)) await this.#room(weight, urgency);
    const lanes = this.#lanes;
    chunk.receipt.expect(lanes.length);
    for (const lane of lanes) lane.stats.unsettled += chunk.records;
    this.#published += chunk.records;
    this.#throughput.add(chunk.records, this.#clock.now());
    traceRead(chunk);
    this.#queue.publish(chunk, weight);
  }

  /** Switches how lanes get their batches, for all sinks or one. Returns the lanes that were switched. */
  setCopyMode(mode: CopyMode, sink?: string): readonly string[] {
    const lanes = this.#lanes.filter(lane => sink === undefined || lane.name === sink);
    for (const lane of lanes) lane.options = { ...lane.options, copyMode: mode };
    return lanes.map(lane => lane.name);
  }

  /**
   * Sends everything that was published; publishing has ended. What is left at the deadline becomes letters (cause
   * `shutdown`), which are sent at the next start; what the disk does not take either is read again. Resolves with
   * what was left at the deadline.
   */
  async drain(deadlineMs: number): Promise<Leftover> {
    const drained = Promise.all(this.#lanes.map(lane => lane.drain()));
    await within(this.#clock, drained, deadlineMs - this.#clock.monotonicMs());
    const leftover = this.unsettled();
    await this.#retries.halt(this.#lanes);
    const buried = Promise.all(this.#lanes.map(lane => lane.buryAll()));
    await within(this.#clock, buried, BURIAL_GRACE_MS);
    return leftover;
  }

  async close(): Promise<void> {
    this.#queue.close();
    await this.#retries.halt(this.#lanes);
    for (const lane of this.#lanes) lane.close();
  }

  /** Records that were published and are not settled, per sink. */
  unsettled(): Leftover {
    return Object.fromEntries(this.#lanes.map(lane => [lane.name, lane.stats.unsettled]));
  }

  health(): Health {
    return { status: 'ok', sinceMs: this.#startedAtMs };
  }

  /** Health of each lane, by the name of its sink. */
  laneHealth(): Readonly<Record<string, Health>> {
    return Object.fromEntries(this.#lanes.map(lane => [lane.name, laneHealth(lane, this.#clock)]));
  }

  /** What each sink has to do with a stream: whether it wants it, and when it last took lines of it. */
  explain(stream: Stream): StreamReport[] {
    return this.#lanes.map(lane => {
      const atMs = lane.stats.lastDeliveries.of(stream);
      const last_delivery = atMs === undefined ? null : new Date(atMs).toISOString();
      return { sink: lane.name, wanted: lane.wishes.include(stream), last_delivery };
    });
  }

  /** The dispatcher's part of `/api/v1/status`. */
  status(): Record<string, unknown> {
    const nowMs = this.#clock.now();
    const stats = this.#queue.memoryStats();
    const queueSize = this.#lanes.reduce((sum, lane) => sum + lane.parking.records, 0);
    const maxQueueSize = this.#lanes.reduce((sum, lane) => sum + lane.parking.maxRecords, 0);
    return {
      queue: {
        ...{ records: stats.records, bytes: stats.bytes },
        ...{ max_records: stats.maxRecords, max_bytes: stats.maxBytes },
        utilization: stats.utilization,
      },
      retry_queue: {
        queue_size: queueSize,
        max_queue_size: maxQueueSize,
        utilization: maxQueueSize === 0 ? 0 : queueSize / maxQueueSize,
        is_running: this.#retries.isRunning,
      },
      records_per_second: this.#throughput.perSecond(nowMs),
      throughput: this.#throughput.history(nowMs),
      sinks: this.#lanes.map(lane => laneStatus(lane, nowMs)),
    };
  }

  get #lanes(): readonly Lane[] {
    return this.lanes.all;
  }

  async #room(weight: Weight, urgency: Urgency | undefined): Promise<void> {
    const room = this.#queue.whenRoom(weight, urgency);
    this.wake();
    await room;
  }

  #watch(metrics: Metrics): void {
    const size = metrics.gauge('dispatcher_queue_size');
    const bytes = metrics.gauge('dispatcher_queue_bytes');
    const utilization = metrics.gauge('dispatcher_queue_utilization');
    metrics.onCollect(() => {
      const stats = this.#queue.memoryStats();
      size.set(stats.records);
      bytes.set(stats.bytes);
      utilization.set(stats.utilization);
      for (const lane of this.#lanes) setGauges(lane);
    });
  }
}
