import type { Clock } from '../../pkg/clock/clock.ts';
import { GarbageCollector } from '../../pkg/garbage/garbage-collector.ts';
import type { LetterCause } from '../../pkg/types/dead-letters.ts';
import type { Failure, Refusal } from '../../pkg/types/outcome.ts';
import type { Logger } from '../selflog/logger.ts';
import type { Lane } from './lane.ts';
import type { LaneBatch } from './lane-batch.ts';
import { settle } from './settle.ts';
import type { Slot } from './slot.ts';

/** Where a batch went that the sink did not take. */
export type Aside =
  /** It is parked and owned: the caller says when it is tried again. */
  | 'parked'
  /** Neither parking nor disk may take it, or need to: it stays in its slot, which stalls. */
  | 'held'
  /** It left the lane: on its way to disk, or discarded by policy. */
  | 'gone';

/**
 * What happens to lines that a sink did not take: the error strategies and the order queue → parking → dead letters →
 * backpressure. Decides; `RetryManagerV2` owns the times.
 */
export class Aftermath {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #garbage: GarbageCollector;
  /** A sink with `error_strategy: fail_fast` failed. */
  readonly #onFailFast: (lane: Lane, failure: Failure) => void;

  constructor(clock: Clock, logger: Logger, onFailFast: (lane: Lane, failure: Failure) => void) {
    this.#clock = clock;
    this.#logger = logger;
    this.#garbage = new GarbageCollector(clock);
    this.#onFailFast = onFailFast;
  }

  /** An attempt failed. The batch is not in any of its slot's places; it is put into one, or leaves the lane. */
  putAside(lane: Lane, slot: Slot, batch: LaneBatch, failure: Failure): Aside {
    const { errorStrategy, maxRetries } = lane.options;
    // What waits now takes the place of garbage: else RSS grows by both (R3: by 14.6 MB in 60 s, now by 9.1).
    if (lane.breaker.isFailing) this.#garbage.collect();
    if (errorStrategy === 'log_continue') {
      this.discard(lane, batch, failure);
      return 'gone';
    }
    if (errorStrategy === 'fail_fast') {
      this.#failFast(lane, failure);
      return hold(slot, batch);
    }
    if (errorStrategy === 'dlq' || batch.strikes > maxRetries) {
      if (lane.burials.isFull) return hold(slot, batch);
      lane.burials.bury(batch, 'retries_exhausted', failure);
      return 'gone';
    }
    if (lane.parking.enter(batch)) return 'parked';
    // What was read before the letters is sent before them.
    if (slot.isCut) return hold(slot, batch);
    // While the queue has room, the slots of a sink that fails may as well stall: a short outage costs no disk, and no order.
    if (lane.breaker.isFailing && !lane.isPressed) return hold(slot, batch);
    return this.#overflow(lane, slot, batch, failure);
  }

  /** Makes a batch wait where it holds up no other sink: in the parking; when that is full, as `overflow` says. */
  park(lane: Lane, slot: Slot, batch: LaneBatch): Aside {
    return !slot.isBehindLetters(batch) && lane.parking.enter(batch)
      ? 'parked'
      : this.#overflow(lane, slot, batch);
  }

  #overflow(lane: Lane, slot: Slot, batch: LaneBatch, failure?: Failure): Aside {
    const { overflow } = lane.options;
    if (overflow === 'block') return hold(slot, batch);
    if (overflow === 'spill') {
      if (lane.burials.isFull) return hold(slot, batch);
      this.#spill(lane, batch, failure);
      if (!lane.options.keepsOrder || slot.isCut) return 'gone';
      slot.cutAt(batch);
      for (const later of slot.takeAfter(batch)) this.#spill(lane, later);
      return 'gone';
    }
    for (let oldest = popOldest(lane); oldest !== undefined; oldest = popOldest(lane)) {
      this.discard(lane, oldest, DROPPED);
      if (lane.parking.enter(batch)) return 'parked';
    }
    this.discard(lane, batch, DROPPED);
    return 'gone';
  }

  #spill(lane: Lane, batch: LaneBatch, failure?: Failure): void {
    lane.parking.leave(batch);
    lane.stats.retryDrops.inc(batch.records);
    lane.burials.bury(batch, 'overflow', failure);
  }

  /**
   * Lines that the sink will never take: letters with its own words, or what the strategy says. Those that were letters
   * stay so: they have been settled as stored.
   */
  refuse(lane: Lane, slot: Slot, batch: LaneBatch, { kind, message, records }: Refusal): void {
    const refused = batch.select(records);
    const { errorStrategy } = lane.options;
    if (errorStrategy === 'log_continue' && !batch.isReplay) {
      this.discard(lane, refused, { kind, message });
      return;
    }
    if (errorStrategy === 'fail_fast') {
      this.#failFast(lane, { kind, message });
      hold(slot, refused);
      return;
    }
    const cause: LetterCause = kind === 'too_large' ? 'too_large' : 'rejected';
    const fields = { sink: lane.name, cause, reason: message, records: records.length };
    this.#logger.warn('sink.rejected', 'the sink refused lines for good; they are dead letters now', fields);
    lane.burials.bury(refused, cause, { kind, message });
  }

  /** Gives lines up by an explicit policy: counted and logged, never silent. */
  discard(lane: Lane, batch: LaneBatch, { kind, message }: Failure): void {
    const fields = { sink: lane.name, kind, reason: message, records: batch.records };
    this.#logger.error('sink.discarded', 'lines were discarded, as the config says', fields);
    settle(lane.stats, this.#clock.now(), batch, 'discarded');
  }

  #failFast(lane: Lane, failure: Failure): void {
    if (lane.isDead) return;
    lane.die();
    this.#onFailFast(lane, failure);
  }
}

/** What waits for letters that go before it keeps its place among what else does. */
function hold(slot: Slot, batch: LaneBatch): Aside {
  if (slot.isBehindLetters(batch)) slot.putBack(batch);
  else slot.held.push(batch);
  return 'held';
}

const DROPPED: Failure = { kind: 'unavailable', message: 'the retry queue is full (overflow: drop_oldest)' };

/** Takes the oldest parked batch out of its slot and out of the parking. */
function popOldest(lane: Lane): LaneBatch | undefined {
  let chosen: Slot | undefined;
  for (const slot of lane.slots) {
    const batch = slot.waiting.peek();
    const best = chosen?.waiting.peek();
    if (batch !== undefined && (best === undefined || batch.sequence < best.sequence)) chosen = slot;
  }
  const oldest = chosen?.waiting.pop();
  if (oldest === undefined) return undefined;
  lane.parking.leave(oldest);
  chosen!.left(oldest);
  return oldest;
}
