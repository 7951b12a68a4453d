import type { Clock, Timer } from '../../pkg/clock/clock.ts';
import { errorText, invariant } from '../../pkg/errors/errors.ts';
import { Heap } from '../../pkg/heap/heap.ts';
import type { Failure, Outcome, Refusal } from '../../pkg/types/outcome.ts';
import type { Logger } from '../selflog/logger.ts';
import { backoffMs } from './backoff.ts';
import type { Lane } from './lane.ts';
import { isEarlier, type LaneBatch } from './lane-batch.ts';
import type { LendingCheck } from './lending-check.ts';
import { refusedOf, settle } from './settle.ts';
import type { Slot } from './slot.ts';

/** The one ticker's period. */
const TICK_MS = 100;

/** Something that waits for its time: a lane's next probe, or a batch whose rest waits on its own. */
interface Due {
  readonly atMs: number;
  readonly order: number;
  readonly lane: Lane;
  readonly slot?: Slot;
  readonly batch?: LaneBatch;
}

export interface RetryManagerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Present in check mode. */
  readonly check?: LendingCheck | undefined;
  /** A broken promise that must not be survived (I1 makes the crash safe). */
  readonly onFatal: (error: unknown) => void;
  readonly random?: () => number;
}

/**
 * Stop 5: owns all attempts of all lanes; nobody else calls `Sink.send` (I6).
 *
 * A sink that takes nothing of a batch has failed as a whole: the lane's breaker lets single probes through, oldest
 * batch first, and everything else waits, so that an outage causes no storm and no disorder. A sink that took a part
 * works: only the rest waits, on its own. What waits is parked (owned, bounded in records and bytes); what does not fit
 * stays in its slot, which stalls the lane: the queue fills up and the monitors stop reading.
 *
 * One ticker serves all that waits, whatever its number (I5); it runs only while something does.
 */
export class RetryManagerV2 {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #check: LendingCheck | undefined;
  readonly #onFatal: (error: unknown) => void;
  readonly #random: () => number;
  readonly #due = new Heap<Due>((a, b) => (a.atMs === b.atMs ? a.order < b.order : a.atMs < b.atMs));
  readonly #abort = new AbortController();
  #ticker: Timer | undefined;
  #order = 0;

  constructor(options: RetryManagerOptions) {
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#check = options.check;
    this.#onFatal = options.onFatal;
    this.#random = options.random ?? Math.random;
  }

  /** Whether the ticker runs. */
  get isRunning(): boolean {
    return this.#ticker !== undefined;
  }

  /** Starts what may start in a lane: probes while its sink fails, else one batch in each free slot, oldest first. */
  dispatch(lane: Lane): void {
    if (this.#abort.signal.aborted) return;
    if (lane.breaker.isFailing) {
      if (lane.breaker.mayProbe(this.#clock.monotonicMs()) && lane.sending === 0) this.#probe(lane);
      return;
    }
    for (const slot of lane.slots) {
      const batch = slot.inFlight === undefined ? slot.oldest() : undefined;
      if (batch !== undefined) this.#attempt(lane, slot, batch, false);
    }
  }

  /** Gives up all sends in flight; their batches stay unsettled. Resolves when every sink has let go of its memory. */
  async close(lanes: readonly Lane[]): Promise<void> {
    this.#abort.abort();
    this.#ticker?.clear();
    this.#ticker = undefined;
    this.#due.clear();
    await Promise.all(lanes.flatMap(lane => lane.slots.map(slot => slot.settled)));
  }

  #probe(lane: Lane): void {
    let chosen: Slot | undefined;
    for (const slot of lane.slots) {
      const batch = slot.oldest();
      if (batch !== undefined && (chosen === undefined || isEarlier(batch, chosen.oldest()!))) chosen = slot;
    }
    if (chosen === undefined) return;
    lane.breaker.probing();
    this.#attempt(lane, chosen, chosen.oldest()!, true);
  }

  #attempt(lane: Lane, slot: Slot, batch: LaneBatch, isProbe: boolean): void {
    this.#take(lane, slot, batch);
    lane.sending++;
    if (batch.attempt++ > 0) lane.stats.retries.inc();
    this.#check?.handOver(batch);
    const startMs = this.#clock.monotonicMs();
    slot.settled = this.#send(lane, batch)
      .then(outcome => {
        lane.sending--;
        slot.inFlight = undefined;
        this.#check?.release(batch, lane.name);
        lane.stats.countSend((this.#clock.monotonicMs() - startMs) / 1000, batch.records, batch.bytes);
        if (!this.#abort.signal.aborted || outcome.kind !== 'retry')
          this.#conclude(lane, slot, batch, outcome, isProbe);
        lane.pump();
      })
      .catch(this.#onFatal);
  }

  /** A sink that throws has a bug; the batch is tried again like any other failure, and the log says so. */
  async #send(lane: Lane, batch: LaneBatch): Promise<Outcome> {
    try {
      return await lane.sink.send(batch, this.#abort.signal);
    } catch (error) {
      this.#logger.error('sink.threw', 'a sink threw instead of answering', { sink: lane.name, error });
      return { kind: 'retry', failure: { kind: 'internal', message: errorText(error) } };
    }
  }

  /** Takes the batch out of wherever it waits in its slot. */
  #take(lane: Lane, slot: Slot, batch: LaneBatch): void {
    if (slot.held === batch) slot.held = undefined;
    else if (slot.waiting.peek() === batch) {
      slot.waiting.pop();
      lane.parking.leave(batch);
    } else {
      const first = slot.ready.shift();
      invariant(first === batch, 'a batch was attempted out of order');
    }
    slot.inFlight = batch;
  }

  #conclude(lane: Lane, slot: Slot, batch: LaneBatch, outcome: Outcome, isProbe: boolean): void {
    if (outcome.kind === 'retry' && outcome.rest === undefined) {
      this.#failed(lane, slot, batch, outcome, isProbe);
      return;
    }
    if (lane.breaker.succeeded())
      this.#logger.info('sink.recovered', 'the sink takes lines again', { sink: lane.name });
    if (outcome.kind === 'delivered') settle(lane, this.#clock.now(), batch, 'delivered');
    else if (outcome.kind === 'rejected') this.#rejected(lane, batch, outcome.refusals);
    else if (outcome.kind === 'split') this.#split(lane, slot, batch, outcome.failure);
    else this.#partly(lane, slot, batch, outcome.rest!, outcome.failure, outcome.afterMs);
  }

  #failed(
    lane: Lane,
    slot: Slot,
    batch: LaneBatch,
    outcome: Extract<Outcome, { kind: 'retry' }>,
    isProbe: boolean,
  ): void {
    const { failure, afterMs } = outcome;
    lane.stats.countError(failure.kind, failure.message);
    const nowMs = this.#clock.monotonicMs();
    if (lane.breaker.failed(nowMs, isProbe, afterMs)) {
      const fields = { sink: lane.name, kind: failure.kind, reason: failure.message, attempt: batch.attempt };
      this.#logger.warn('sink.failed', 'the sink took nothing; lines wait and are sent again', fields);
      this.#wait({ atMs: lane.breaker.retryAtMs, order: this.#order++, lane });
    }
    if (lane.parking.enter(batch)) slot.waiting.push(batch);
    else slot.held = batch;
  }

  /** The sink works, but some records have to wait: they are parked on their own and hold up nothing. */
  #partly(lane: Lane, slot: Slot, batch: LaneBatch, rest: Uint32Array, failure: Failure, afterMs = 0): void {
    lane.stats.countError(failure.kind, failure.message);
    const piece = batch.select(rest);
    settle(lane, this.#clock.now(), batch, 'delivered', rest);
    const pauseMs = Math.max(afterMs, backoffMs(lane.options.backoff, piece.attempt, this.#random));
    if (lane.parking.enter(piece))
      this.#wait({
        atMs: this.#clock.monotonicMs() + pauseMs,
        order: this.#order++,
        lane,
        slot,
        batch: piece,
      });
    else slot.held = piece;
  }

  #rejected(lane: Lane, batch: LaneBatch, refusals: readonly Refusal[]): void {
    for (const { kind, message, records } of refusals) {
      lane.stats.countError(kind, message);
      const fields = { sink: lane.name, kind, reason: message, records: records.length };
      this.#logger.error(
        'sink.rejected',
        'the sink refused lines for good; they are discarded and counted',
        fields,
      );
      const refused = batch.select(records);
      settle(lane, this.#clock.now(), refused, 'discarded');
    }
    settle(lane, this.#clock.now(), batch, 'delivered', refusedOf(refusals));
  }

  #split(lane: Lane, slot: Slot, batch: LaneBatch, failure: Failure): void {
    if (batch.records === 1) {
      this.#rejected(lane, batch, [{ ...failure, records: Uint32Array.of(0) }]);
      return;
    }
    const middle = batch.records >>> 1;
    slot.ready.unshift(batch.slice(0, middle), batch.slice(middle, batch.records));
    batch.release();
  }

  #wait(due: Due): void {
    this.#due.push(due);
    this.#ticker ??= this.#clock.every(TICK_MS, () => this.#tick());
  }

  #tick(): void {
    const nowMs = this.#clock.monotonicMs();
    for (let due = this.#due.peek(); due !== undefined && due.atMs <= nowMs; due = this.#due.peek()) {
      this.#due.pop();
      if (due.batch !== undefined) due.slot!.waiting.push(due.batch);
      due.lane.pump();
    }
    if (this.#due.size > 0) return;
    this.#ticker?.clear();
    this.#ticker = undefined;
  }
}
