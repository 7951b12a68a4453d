import { type Clock, within } from '../../pkg/clock/clock.ts';
import { errorText } from '../../pkg/errors/errors.ts';
import type { Failure, Outcome } from '../../pkg/types/outcome.ts';
import type { Logger } from '../selflog/logger.ts';
import { Aftermath } from './aftermath.ts';
import { backoffMs } from './backoff.ts';
import { nextOf, probeOf, takeOut } from './choice.ts';
import { type Due, DueQueue } from './due-queue.ts';
import type { Lane } from './lane.ts';
import type { LaneBatch } from './lane-batch.ts';
import type { Attempts } from './lane-parts.ts';
import type { LendingCheck } from './lending-check.ts';
import { settle, union } from './settle.ts';
import type { Slot } from './slot.ts';
import { traceSent } from './trace.ts';

type Retry = Extract<Outcome, { kind: 'retry' }>;
type Partial = Retry | Extract<Outcome, { kind: 'rejected' }>;

export interface RetryManagerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Present in check mode. */
  readonly check?: LendingCheck | undefined;
  /** A sink with `error_strategy: fail_fast` failed: the agent is to stop. */
  readonly onFailFast: (lane: Lane, failure: Failure) => void;
  /** A broken promise that must not be survived (I1 makes the crash safe). */
  readonly onFatal: (error: unknown) => void;
  readonly random?: () => number;
}

/**
 * Stop 5: owns all attempts of all lanes; nobody else calls `Sink.send` (I6).
 *
 * A sink that takes nothing of a batch has failed as a whole: the lane's breaker lets single probes through, oldest
 * batch first, and everything else waits, so that an outage causes no storm and no disorder. A sink that took a part
 * works: only the rest waits, on its own. Where a batch waits, and what happens when that is full: `Aftermath`.
 *
 * One ticker serves all that waits, whatever its number (I5); it runs only while something does.
 */
export class RetryManagerV2 implements Attempts<Lane> {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #check: LendingCheck | undefined;
  readonly #onFatal: (error: unknown) => void;
  readonly #random: () => number;
  readonly #aftermath: Aftermath;
  readonly #due: DueQueue;

  constructor(options: RetryManagerOptions) {
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#check = options.check;
    this.#onFatal = options.onFatal;
    this.#random = options.random ?? Math.random;
    this.#due = new DueQueue(options.clock, due => this.#onDue(due));
    this.#aftermath = new Aftermath(options.clock, options.logger, options.onFailFast);
  }

  /** Whether the ticker runs. */
  get isRunning(): boolean {
    return this.#due.isRunning;
  }

  /** Starts what may start in a lane: probes while its sink fails, else one batch in each free slot, oldest first. */
  dispatch(lane: Lane): void {
    if (lane.isHalted || lane.isDead || lane.burials.isOverfull) return;
    const nowMs = this.#clock.monotonicMs();
    lane.rejoin();
    if (lane.breaker.isFailing) {
      if (lane.breaker.mayProbe(nowMs) && lane.sending === 0) this.#probe(lane, nowMs);
      return;
    }
    for (const slot of lane.slots) {
      const batch = slot.inFlight === undefined ? nextOf(lane, slot, nowMs) : undefined;
      if (batch !== undefined) this.#attempt(lane, slot, batch, false);
    }
    const letters = lane.replayer.next(nowMs);
    if (letters !== undefined) this.#attempt(lane, lane.replayer.slot, letters, false);
  }

  /** Moves what stalls a slot to where it holds up no other sink: parking, or the dead letters. */
  relieve(lane: Lane, slot: Slot): boolean {
    const stalled = slot.takeStalled();
    for (const batch of stalled) {
      const aside = this.#aftermath.park(lane, slot, batch);
      if (aside === 'parked') slot.waiting.push(batch);
      else if (aside === 'gone') slot.left(batch);
    }
    return stalled.length > 0;
  }

  wakeAt(lane: Lane, atMs: number): void {
    this.#due.add({ atMs, lane });
  }

  /**
   * Makes no more attempts in these lanes. Sends under way may end until `graceMs` are over, then they are given up.
   * Resolves when every sink has let go of its memory, and all that waits is in its slot.
   */
  async halt(lanes: readonly Lane[], graceMs = 0): Promise<void> {
    for (const lane of lanes) lane.isHalted = true;
    const slots = lanes.flatMap(lane => [...lane.slots, lane.replayer.slot]);
    const settled = Promise.all(slots.map(slot => slot.settled));
    if (graceMs > 0) await within(this.#clock, settled, graceMs);
    for (const lane of lanes) lane.sends.abort();
    await settled;
    for (const { slot, batch } of this.#due.take(lanes)) if (batch !== undefined) slot!.waiting.push(batch);
  }

  #probe(lane: Lane, nowMs: number): void {
    const probe = probeOf(lane, nowMs);
    // Where nothing but letters waits, they find out whether the sink works again.
    const batch = probe?.batch ?? lane.replayer.next(nowMs);
    if (batch !== undefined) this.#attempt(lane, probe?.slot ?? lane.replayer.slot, batch, true);
  }

  #attempt(lane: Lane, slot: Slot, batch: LaneBatch, isProbe: boolean): void {
    takeOut(lane, slot, batch);
    slot.inFlight = batch;
    // While the breaker is open an attempt asks for the sink's health; it says nothing against the batch. Where order is
    // kept no probe does: the sink is down, and letters would be overtaken.
    if (lane.breaker.state === 'closed' && !(isProbe && lane.options.keepsOrder)) batch.strikes++;
    if (isProbe) lane.breaker.probing();
    lane.sending++;
    batch.firstAtMs ??= this.#clock.now();
    if (batch.attempt++ > 0) lane.stats.retries.inc();
    if (lane.options.copyMode === 'safe' && !batch.isReplay) batch.own(lane.copies);
    this.#check?.handOver(batch);
    const startMs = this.#clock.monotonicMs();
    slot.sentAtMs = startMs;
    slot.settled = this.#send(lane, batch)
      .then(outcome => {
        lane.sending--;
        slot.inFlight = undefined;
        if (outcome.kind === 'retry') batch.spoil();
        this.#check?.release(batch, lane.name);
        lane.movedMs = this.#clock.monotonicMs();
        const seconds = (lane.movedMs - startMs) / 1000;
        lane.stats.countSend(seconds, batch.records, batch.bytes);
        traceSent(this.#logger, lane.name, batch, { outcome: outcome.kind, seconds });
        if (lane.isHalted && hasFailed(outcome)) slot.ready.unshift(batch);
        else this.#conclude(lane, slot, batch, outcome, isProbe);
        lane.pump();
      })
      .catch(this.#onFatal);
  }

  /** A sink that throws has a bug; the batch is tried again like any other failure, and the log says so. */
  async #send(lane: Lane, batch: LaneBatch): Promise<Outcome> {
    try {
      return await lane.sink.send(batch, lane.sends.signal);
    } catch (error) {
      this.#logger.error('sink.threw', 'a sink threw instead of answering', { sink: lane.name, error });
      return { kind: 'retry', failure: { kind: 'internal', message: errorText(error) } };
    }
  }

  #conclude(lane: Lane, slot: Slot, batch: LaneBatch, outcome: Outcome, isProbe: boolean): void {
    if (hasFailed(outcome)) {
      this.#failed(lane, slot, batch, outcome, isProbe);
      return;
    }
    if (lane.breaker.succeeded())
      this.#logger.info('sink.recovered', 'the sink takes lines again', { sink: lane.name });
    if (outcome.kind === 'delivered') settle(lane.stats, this.#clock.now(), batch, 'delivered');
    else if (outcome.kind === 'split') this.#split(lane, slot, batch, outcome.failure);
    else this.#partly(lane, slot, batch, outcome);
    slot.left(batch);
  }

  #failed(lane: Lane, slot: Slot, batch: LaneBatch, outcome: Retry, isProbe: boolean): void {
    const { failure, afterMs } = outcome;
    lane.stats.countError(failure.kind, failure.message, this.#clock.now());
    if (batch.isReplay && !isProbe && lane.replayer.isAtFault(lane.stats.settled.delivered)) {
      const atMs = this.#clock.monotonicMs() + lane.options.backoff.maxDelayMs;
      lane.replayer.putAside(batch, atMs);
      this.#due.add({ atMs, lane });
      return;
    }
    if (!lane.breaker.isFailing) lane.failingSinceMs = this.#clock.now();
    if (lane.breaker.failed(this.#clock.monotonicMs(), isProbe, afterMs)) {
      const fields = { sink: lane.name, ...failure, attempt: batch.attempt };
      this.#logger.warn('sink.failed', 'the sink took nothing; lines wait and are sent again', fields);
      this.#due.add({ atMs: lane.breaker.retryAtMs, lane });
    }
    if (batch.isReplay) {
      lane.replayer.putBack(batch);
      return;
    }
    const aside = this.#aftermath.putAside(lane, slot, batch, failure);
    if (aside === 'parked') slot.waiting.push(batch);
    else if (aside === 'gone') slot.left(batch);
  }

  /** The sink took some records. It works: what has to wait does so on its own and holds up nothing. */
  #partly(lane: Lane, slot: Slot, batch: LaneBatch, outcome: Partial): void {
    const refusals = outcome.kind === 'rejected' ? outcome.refusals : [];
    for (const refusal of refusals) {
      lane.stats.countError(refusal.kind, refusal.message, this.#clock.now());
      this.#aftermath.refuse(lane, slot, batch, refusal);
    }
    const rest = outcome.kind === 'rejected' ? outcome.rest : { ...outcome, records: outcome.rest! };
    if (rest !== undefined)
      this.#retryRest(lane, slot, batch.select(rest.records), rest.failure, rest.afterMs);
    const taken = union([
      ...refusals.map(({ records }) => records),
      ...(rest === undefined ? [] : [rest.records]),
    ]);
    settle(lane.stats, this.#clock.now(), batch, 'delivered', taken);
  }

  #retryRest(lane: Lane, slot: Slot, rest: LaneBatch, failure: Failure, afterMs = 0): void {
    lane.stats.countError(failure.kind, failure.message, this.#clock.now());
    const pauseMs = Math.max(afterMs, backoffMs(lane.options.backoff, rest.attempt, this.#random));
    const atMs = this.#clock.monotonicMs() + pauseMs;
    if (rest.isReplay) {
      lane.replayer.putAside(rest, atMs);
      this.#due.add({ atMs, lane });
      return;
    }
    const aside = this.#aftermath.putAside(lane, slot, rest, failure);
    if (aside === 'gone') return;
    if (lane.options.keepsOrder) slot.holdBackFor(rest);
    if (aside === 'held') slot.heldUntilMs = atMs;
    this.#due.add(aside === 'parked' ? { atMs, lane, slot, batch: rest } : { atMs, lane });
  }

  #split(lane: Lane, slot: Slot, batch: LaneBatch, failure: Failure): void {
    if (batch.records === 1) {
      const refusals = [{ kind: 'too_large', message: failure.message, records: Uint32Array.of(0) }] as const;
      this.#partly(lane, slot, batch, { kind: 'rejected', refusals });
      return;
    }
    const middle = batch.records >>> 1;
    slot.ready.unshift(batch.slice(0, middle), batch.slice(middle, batch.records));
    batch.release();
  }

  #onDue({ lane, slot, batch }: Due): void {
    if (batch !== undefined) slot!.waiting.push(batch);
    lane.pump();
  }
}

/** Whether the sink took nothing. */
function hasFailed(outcome: Outcome): outcome is Retry {
  return outcome.kind === 'retry' && outcome.rest === undefined;
}
