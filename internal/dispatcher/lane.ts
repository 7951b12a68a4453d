import type { Clock } from '../../pkg/clock/clock.ts';
import type { MultiConsumerQueue } from '../../pkg/queue/multi-consumer-queue.ts';
import type { QueueConsumer } from '../../pkg/queue/queue-consumer.ts';
import type { Chunk } from '../../pkg/types/chunk.ts';
import type { Sink } from '../../pkg/types/ports.ts';
import { Alarm } from './alarm.ts';
import { BatchProcessor } from './batch-processor.ts';
import { Burials } from './burials.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import type { LaneBatch } from './lane-batch.ts';
import type { LaneOptions } from './lane-options.ts';
import type { Attempts, LaneParts } from './lane-parts.ts';
import { LaneStats } from './lane-stats.ts';
import { shelfOfCopies } from './owned-copy.ts';
import { Parking } from './parking.ts';
import { Replayer } from './replayer.ts';
import { putBack, reslot } from './reslot.ts';
import { settle } from './settle.ts';
import { BEFORE_ALL, Slot } from './slot.ts';
import { Wishes } from './wishes.ts';

/** A queue this full is about to hold up the monitors. What waits in it is most of the memory that an outage costs. */
const HIGH_WATER = 0.2;
/** How much may be on its way to disk, as a part of what may be parked. */
const BURIAL_SHARE = 0.25;

/**
 * One sink's side of the house: its cursor in the queue, its slots in flight, its breaker, its parking. It is woken
 * by the queue, by its one timer (a batch's time is up), and by the retry manager; in between it costs nothing.
 */
export class Lane {
  readonly name: string;
  options: LaneOptions;
  slots: readonly Slot[];
  breaker: CircuitBreaker;
  wishes: Wishes;
  /** Memory for what the sink must have for its own. */
  readonly copies = shelfOfCopies();
  readonly stats: LaneStats;
  readonly processor: BatchProcessor;
  readonly consumer: QueueConsumer<Chunk>;
  readonly parking: Parking;
  readonly burials: Burials;
  readonly replayer: Replayer;
  /** A sink with `error_strategy: fail_fast` has failed: nothing is sent or acknowledged any more. */
  isDead = false;
  /** No attempts are made: it is being changed, or closed. Kept by the retry manager, as all that follows. */
  isHalted = false;
  /** Gives up the sends that are under way. */
  sends = new AbortController();
  /** Sends in flight. */
  sending = 0;
  /** Probes so far. */
  probes = 0;
  /** When a send ended last, on the monotonic clock. */
  movedMs = 0;
  /** Since when the sink fails, while it does; in milliseconds since 1970. */
  failingSinceMs = 0;
  readonly #queue: MultiConsumerQueue<Chunk>;
  readonly #clock: Clock;
  readonly #retries: Attempts<Lane>;
  readonly #isInTheWay: (lane: Lane) => boolean;
  readonly #onHeldUp: (lane: Lane) => void;
  readonly #alarm: Alarm;
  #isDraining = false;
  #isClosed = false;
  #onIdle: (() => void) | undefined;

  constructor(options: LaneOptions, parts: LaneParts<Lane>) {
    this.options = options;
    this.name = options.sink.name;
    this.slots = Array.from({ length: options.workers }, () => new Slot());
    this.breaker = new CircuitBreaker({ ...options.breaker, backoff: options.backoff });
    this.wishes = new Wishes(options.matches);
    this.#alarm = new Alarm(parts.clock, () => this.pump());
    this.parking = new Parking(this.name, this.copies, options.retryQueueRecords, options.retryQueueBytes);
    this.stats = new LaneStats(parts.metrics, this.name);
    this.#queue = parts.queue;
    this.#clock = parts.clock;
    this.#retries = parts.retries;
    this.#isInTheWay = parts.isInTheWay;
    this.#onHeldUp = parts.onHeldUp;
    const { clock, deadLetters, logger, onFatal } = parts;
    const common = { sink: this.name, clock, deadLetters, onFatal };
    this.burials = new Burials({
      ...{ ...common, logger, keepsOrder: () => this.options.keepsOrder, onRoom: () => this.pump() },
      maxBytes: () => this.options.retryQueueBytes * BURIAL_SHARE,
      onStored: batch => {
        settle(this.stats, clock.now(), batch, 'stored');
        this.pump();
      },
      onRefused: batch => {
        putBack(batch, this.slots);
        this.pump();
      },
    });
    this.replayer = new Replayer({
      ...{ ...common, limits: () => this.options.limits, keepsOrder: () => this.options.keepsOrder },
      isBusy: () => this.slots.some(slot => slot.inFlight !== undefined && !slot.isCut),
      isTurn: () => this.slots.every(slot => slot.isReadyForLetters),
      onReady: () => this.pump(),
      wakeAt: atMs => parts.retries.wakeAt(this, atMs),
    });
    this.consumer = parts.queue.createConsumer(this.name, { from: 'newest' });
    this.processor = new BatchProcessor({
      consumer: this.consumer,
      slots: this.slots,
      limits: options.limits,
      wants: chunk => this.wishes.include(chunk.stream),
      onUnwanted: chunk => {
        this.stats.unsettled -= chunk.records;
        this.stats.unmatched.inc(chunk.records);
      },
    });
    this.consumer.onMessage(() => this.pump());
  }

  get sink(): Sink {
    return this.options.sink;
  }

  /** Goes on with another sink or other options after it was halted: what waited for the old sink goes to the new one. */
  resume(options: LaneOptions): void {
    const { keepsOrder } = this.options;
    this.options = options;
    this.breaker = new CircuitBreaker({ ...options.breaker, backoff: options.backoff });
    this.wishes = new Wishes(options.matches);
    this.slots = reslot(this.slots, options.workers);
    this.replayer.resume();
    this.processor.change(this.slots, options.limits);
    this.parking.resize(options.retryQueueRecords, options.retryQueueBytes);
    this.sends = new AbortController();
    this.isHalted = false;
    if (options.keepsOrder !== keepsOrder) this.#heedLetters();
    this.pump();
  }

  /** From now on the lane sends. */
  start(): void {
    this.#heedLetters();
    this.pump();
  }

  /** Where order is kept: once all letters have been sent, what waited for them may go. */
  rejoin(): void {
    if (this.slots.some(slot => slot.isCut) && !this.#hasLetters)
      for (const slot of this.slots) slot.rejoin();
  }

  /** Moves what can be moved: cursor → batches → sends. Called after everything that may have made room. */
  pump(): void {
    if (this.#isClosed) return;
    if (!this.isDead) this.#move();
    if (this.#onIdle !== undefined && (this.#isIdle || this.isDead)) this.#onIdle();
  }

  /** Whether the queue is full, or about to be. */
  get isPressed(): boolean {
    return this.#queue.stats().waiting > 0 || this.#queue.memoryStats().utilization >= HIGH_WATER;
  }

  /** The sink failed for good: the lane leaves the queue, so that the others can go on, and settles nothing more. */
  die(): void {
    this.isDead = true;
    this.consumer.close();
    this.#alarm.clear();
  }

  /** Waits for no fuller batches any more, and takes no more letters; resolves when nothing is left. */
  drain(): Promise<void> {
    this.#isDraining = true;
    this.replayer.stop();
    return new Promise(resolve => {
      this.#onIdle = resolve;
      this.pump();
    });
  }

  /** After all attempts have ended: everything that is left becomes letters. Resolves when they are on disk. */
  async buryAll(): Promise<void> {
    if (this.isDead) return;
    this.#buryEach(slot => slot.takeAll());
    await this.burials.idle();
  }

  /** Stops for good. What is not settled by now is read again (I1). */
  close(): void {
    this.#isClosed = true;
    this.#alarm.clear();
    this.burials.close();
    this.replayer.stop();
    this.consumer.close();
  }

  /** Whether nothing is left to do, nor under way. */
  get #isIdle(): boolean {
    return this.stats.unsettled === 0 && this.replayer.slot.inFlight === undefined;
  }

  /** Whether letters may go by themselves, are on their way, or will soon be on disk. */
  get #hasLetters(): boolean {
    return !this.replayer.isIdle || !this.burials.isIdle;
  }

  /** Where order is kept, letters of an earlier life go before everything else. */
  #heedLetters(): void {
    for (const slot of this.slots)
      if (!this.options.keepsOrder) slot.rejoin();
      else if (this.#hasLetters) slot.cutAt(BEFORE_ALL);
  }

  #move(): void {
    const nowMs = this.#clock.monotonicMs();
    this.processor.gather(nowMs);
    const { isPressed } = this;
    // When the queue is full, half-full batches do not wait for more.
    this.#alarm.set(this.processor.sealDue(nowMs, this.#isDraining || isPressed), nowMs);
    if (isPressed) this.#relieve(nowMs);
    // Letters go no more: what would have to wait for them joins them.
    if (this.#isDraining && this.slots.some(slot => slot.isCut))
      this.#buryEach(slot => (slot.isCut ? slot.takeStalled() : []));
    this.#retries.dispatch(this);
    if (isPressed) this.#onHeldUp(this);
  }

  /** A sink that fails, or lags behind the others, must not hold the queue: its lines go to the parking, then to disk. */
  #relieve(nowMs: number): void {
    if (this.options.overflow === 'block') return;
    while (!this.burials.isFull && this.#isInTheWay(this)) {
      const stalled = this.slots.map(slot => this.#retries.relieve(this, slot));
      if (!stalled.includes(true)) return;
      this.processor.gather(nowMs);
      this.processor.sealDue(nowMs, true);
    }
  }

  /** The agent stops: turns what `take` gives into letters, slot by slot, until neither slots nor queue give more. */
  #buryEach(take: (slot: Slot) => readonly LaneBatch[]): void {
    const nowMs = this.#clock.monotonicMs();
    let batches: readonly LaneBatch[];
    do {
      this.processor.gather(nowMs);
      this.processor.sealDue(nowMs, true);
      batches = this.slots.flatMap(take);
      for (const batch of batches) this.burials.bury(batch, 'shutdown');
    } while (batches.length > 0);
  }
}
