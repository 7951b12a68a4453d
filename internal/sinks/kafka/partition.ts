import type { Timer } from '../../../pkg/clock/clock.ts';
import { invariant } from '../../../pkg/errors/errors.ts';
import type { Failure } from '../../../pkg/types/outcome.ts';
import { ABORTED } from '../network-failure.ts';
import { NO_PRODUCER, stampProducer } from './batch-header.ts';
import { Claims } from './claims.ts';
import type { Line, PartitionDeps } from './ports.ts';
import { ProducerLine } from './producer-line.ts';
import type { Run } from './runs.ts';
import type { Shipment } from './shipment.ts';
import { NOBODY, Trouble } from './trouble.ts';
import { type Verdict, verdictOf } from './verdict.ts';

/** When records come again that wait for a person, and for a leader. */
const BLOCKED_MS = 30_000;
const STALLED_MS = 3000;
/** REQUEST_TIMED_OUT and NOT_ENOUGH_REPLICAS_AFTER_APPEND: the leader may have the batch. */
const UNCERTAIN_CODES: ReadonlySet<number> = new Set([7, 20]);

/**
 * The line of batches before one partition. They are stored in this order, whatever fails: after a failure nothing is
 * sent until all that was in flight is back, and then it goes again from the first one, with the same bytes.
 */
export class Partition implements Line {
  readonly topic: string;
  readonly id: number;
  readonly trouble: Trouble;
  readonly #deps: PartitionDeps;
  readonly #producers: ProducerLine;
  readonly #claims = new Claims();
  /** Not ended yet; those in flight stand first, unless the line is halted. */
  #line: Shipment[] = [];
  #inFlight = 0;
  #isHalted = false;
  #isSplitting = false;
  #isStale = false;
  #isRefreshing = false;
  #isClosed = false;
  #timer: Timer | undefined;

  constructor(topic: string, id: number, deps: PartitionDeps) {
    this.topic = topic;
    this.id = id;
    this.#deps = deps;
    this.#producers = new ProducerLine(isFresh => deps.producer(isFresh));
    this.trouble = new Trouble(`${topic}/${id}`, deps.clock, deps.deliveryTimeoutMs);
  }

  /** Finds the shipments that records of a send are in already, because they come again. */
  claim(sequence: number, runs: readonly Run[]): ReturnType<Claims['claim']> {
    return this.#claims.claim(this.#line, sequence, runs);
  }

  /** Puts shipments at the end of the line. */
  enqueue(shipments: readonly Shipment[]): void {
    this.#line.push(...shipments);
    if (this.#isClosed) for (const shipment of shipments) this.giveUp(shipment, ABORTED);
    this.pump();
  }

  /** Puts smaller ones into the place of one that was too large. */
  replace(shipment: Shipment, smaller: readonly Shipment[]): void {
    this.#remove(shipment, false, smaller);
    this.#isSplitting = false;
    void this.#resume();
  }

  /** Whoever waits for it waits no more; it goes on only when it may be with Kafka already. */
  giveUp(shipment: Shipment, failure = this.trouble.why): void {
    if (shipment.isAwaited)
      this.#return(shipment, failure, STALLED_MS, this.trouble.isOutage || failure.kind === 'aborted');
  }

  /** Its producer means nothing to the brokers any more. */
  renewProducer(): void {
    this.#producers.renew('producer');
    void this.#resume();
  }

  /** Gets the line moving, if something in it may go. */
  pump(): void {
    if (this.#isHalted || this.#isClosed || this.#line.length <= this.#inFlight) return;
    if (!this.#line.some(({ isAwaited }) => isAwaited)) return;
    const { pauseMs } = this.trouble;
    const leader = this.#isStale ? undefined : this.#deps.leaderOf(this.topic, this.id);
    if (pauseMs > 0) this.#pumpAfter(pauseMs);
    else if (leader === undefined) void this.#refresh();
    else leader.offer(this);
  }

  take(): Shipment | undefined {
    if (this.#isHalted || this.#isClosed || this.trouble.pauseMs > 0) return undefined;
    // Without sequences more than one in flight could be stored in any order.
    if (this.#inFlight >= this.#producers.maxInFlight) return undefined;
    const next = this.#line[this.#inFlight];
    if (next === undefined || !this.#isWanted(next)) return undefined;
    if (!this.#deps.isIdempotent) stampProducer(next.batch, NO_PRODUCER);
    else if (!this.#producers.stamp(next)) {
      void this.#resume();
      return undefined;
    }
    next.isInFlight = true;
    this.#inFlight++;
    return next;
  }

  answered(shipment: Shipment, errorCode: number, throttleMs: number): void {
    this.#landed(shipment, UNCERTAIN_CODES.has(errorCode));
    const verdict = verdictOf(errorCode, throttleMs);
    if (verdict.as === 'stored') {
      this.trouble.isOver();
      this.#producers.wasStored();
      this.#end(shipment, { as: 'stored' });
    } else this.#notStored(shipment, verdict);
    this.#goOn();
  }

  lost(shipment: Shipment, failure: Failure): void {
    this.#landed(shipment, true);
    this.#isHalted = true;
    this.#isStale = true;
    this.trouble.failed(failure);
    this.#goOn();
  }

  unreached(failure: Failure): void {
    this.#isStale = true;
    this.trouble.failed(failure);
    this.pump();
  }

  /** Gives everything up. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.clear();
    for (const shipment of [...this.#line]) this.giveUp(shipment, ABORTED);
  }

  #landed(shipment: Shipment, isLost: boolean): void {
    this.#inFlight--;
    shipment.isInFlight = false;
    shipment.wasLost ||= isLost;
  }

  #notStored(shipment: Shipment, verdict: Exclude<Verdict, { as: 'stored' }>): void {
    const { as, failure } = verdict;
    if (as === 'refused' || (as === 'split' && shipment.records === 1)) {
      this.#end(shipment, { as: 'refused', failure });
      return;
    }
    this.#isHalted = true;
    if (as === 'split') {
      shipment.wasLost = false;
      this.#isSplitting = shipment.isAwaited;
      if (shipment.isAwaited) shipment.settle({ as: 'split', failure });
      else this.#remove(shipment);
    } else if (as === 'blocked') this.#returnAll(failure, BLOCKED_MS);
    else if (as === 'retry') {
      this.trouble.failed(failure, verdict.afterMs);
      this.#isStale ||= verdict.needsMetadata;
    } else if (as === 'new_producer' || this.#line[0] === shipment) {
      shipment.wasLost = false;
      this.trouble.failed(failure);
      this.#producers.renew(as === 'new_producer' ? 'producer' : 'epoch');
    }
    // Behind one that is still open it only came too early: it goes again after that one.
  }

  #goOn(): void {
    if (this.#isHalted) void this.#resume();
    else this.pump();
  }

  /** Once everything is back the line starts again, from its first, with a new producer if need be. */
  async #resume(): Promise<void> {
    this.#isHalted = true;
    if (this.#isSplitting || this.#inFlight > 0 || this.#producers.isRenewing) return;
    const failure = this.#deps.isIdempotent ? await this.#producers.ready(this.#line) : undefined;
    if (failure?.kind === 'unauthorized') this.#returnAll(failure, BLOCKED_MS);
    else if (failure !== undefined) {
      this.#isStale = true;
      this.trouble.failed(failure);
    }
    this.#isHalted = false;
    this.pump();
  }

  async #refresh(): Promise<void> {
    if (this.#isRefreshing) return;
    this.#isRefreshing = true;
    const { refresh, leaderOf, problemOf } = this.#deps;
    const outage = await refresh(this.topic);
    this.#isRefreshing = false;
    this.#isStale = outage !== undefined;
    if (outage !== undefined) this.#returnAll(outage, 0, true);
    else if (leaderOf(this.topic, this.id) === undefined)
      this.trouble.failed(problemOf(this.topic) ?? NOBODY);
    this.pump();
  }

  /** Sends all back to those who wait. In an outage, what may be with Kafka waits here once: the outage may be short. */
  #returnAll(failure: Failure, afterMs: number, isOutage = false): void {
    this.trouble.failed(failure, 0, isOutage);
    for (const shipment of [...this.#line])
      if (shipment.isAwaited && !(isOutage && shipment.isUncertain && !shipment.wasReturned))
        this.#return(shipment, failure, afterMs, isOutage);
  }

  #return(shipment: Shipment, failure: Failure, afterMs: number, isOutage: boolean): void {
    if (!shipment.isUncertain) this.#remove(shipment);
    shipment.settle({ as: 'later', failure, afterMs, isOutage });
  }

  #end(shipment: Shipment, fate: { as: 'stored' } | { as: 'refused'; failure: Failure }): void {
    this.#remove(shipment, fate.as === 'stored');
    if (!shipment.isAwaited) this.#claims.keep(shipment);
    shipment.settle(fate);
  }

  /**
   * Whether the next one in line should go. One that nobody waits for any more, and that may be with Kafka, holds up the
   * line until its records come again or are given up.
   */
  #isWanted(next: Shipment): boolean {
    if (next.isAwaited) return true;
    const waitMs = this.#claims.waitMs(this.#deps.clock.monotonicMs());
    if (waitMs > 0) this.#pumpAfter(waitMs);
    else {
      this.#line = this.#line.filter(({ isAwaited }, at) => isAwaited || at < this.#inFlight);
      this.#producers.renew('epoch');
      void this.#resume();
    }
    return false;
  }

  /** Takes it out of the line, and puts others into its place. */
  #remove(shipment: Shipment, isStored = false, instead: readonly Shipment[] = []): void {
    const at = this.#line.indexOf(shipment);
    invariant(at >= 0, 'a shipment left its line twice');
    this.#line.splice(at, 1, ...instead);
    if (isStored || this.#producers.rewind(shipment, at, this.#line)) return;
    // What stands behind has sequences after those of its records: they fit nowhere any more.
    if (instead.length > 0) this.#producers.renew('epoch');
  }

  #pumpAfter(delayMs: number): void {
    this.#timer?.clear();
    this.#timer = this.#deps.clock.after(Math.ceil(delayMs), () => this.pump());
  }
}
