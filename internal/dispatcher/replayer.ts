import type { Clock } from '../../pkg/clock/clock.ts';
import type { Chunk } from '../../pkg/types/chunk.ts';
import type { DeadLetters } from '../../pkg/types/dead-letters.ts';
import { Delivery } from './delivery.ts';
import { LaneBatch, type LanePart } from './lane-batch.ts';
import { Slot } from './slot.ts';

/** While new lines are under way, at most one batch of letters goes in this time. */
const PACE_MS = 1000;
/** When letters that are there cannot be had just now, they are asked for again so much later. */
const TAKE_AGAIN_MS = 5000;
/** So many batches of letters that a sink does not take may wait aside; they are in memory. */
const MAX_ASIDE = 8;

export interface ReplayerOptions {
  readonly sink: string;
  readonly deadLetters: DeadLetters;
  readonly clock: Clock;
  readonly limits: () => { readonly records: number; readonly bytes: number };
  /** Whether new lines are under way; when they have arrived, `next` is called. */
  readonly isBusy: () => boolean;
  /** Whether letters must not overtake each other. */
  readonly keepsOrder: () => boolean;
  /** Whether letters may go: nothing that has to be sent before them is left. */
  readonly isTurn: () => boolean;
  /** Letters are at hand. */
  readonly onReady: () => void;
  /** Has `next` called at this time, on the monotonic clock. */
  readonly wakeAt: (atMs: number) => void;
  readonly onFatal: (error: unknown) => undefined;
}

/**
 * Sends the letters of one sink again, in a slot of its own: one batch at a time, and slowly while new lines wait.
 * Letters stay on disk until their receipt is settled; a batch that fails with its sink is just let go of. What is left
 * of one that was taken in part is kept: on disk the other part is not done yet, and would come again with it. Letters
 * that a sink that works does not take wait aside, where order allows: they hold up no others.
 */
export class Replayer {
  readonly slot = new Slot();
  readonly #options: ReplayerOptions;
  #isTaking = false;
  #isStopped = false;
  #lastMs = Number.NEGATIVE_INFINITY;
  #pausedUntilMs = 0;
  /** Letters whose own time has to come, on the monotonic clock. */
  #aside: { readonly batch: LaneBatch; readonly untilMs: number }[] = [];
  /** New lines delivered until letters failed last. */
  #deliveredBefore = Number.POSITIVE_INFINITY;

  constructor(options: ReplayerOptions) {
    this.#options = options;
  }

  /** Whether there are no letters to send, neither on disk nor on their way. */
  get isIdle(): boolean {
    const { deadLetters, sink } = this.#options;
    const { inFlight, ready } = this.slot;
    const isAtHand = inFlight !== undefined || ready.length > 0 || this.#aside.length > 0;
    return !isAtHand && !this.#isTaking && deadLetters.replayable(sink) === 0;
  }

  /** The next batch of letters, if it may go now; else sees to it that `onReady` is called when there is one. */
  next(nowMs: number): LaneBatch | undefined {
    if (this.#isStopped || this.slot.inFlight !== undefined || nowMs < this.#pausedUntilMs) return undefined;
    const { isBusy, isTurn, deadLetters, sink } = this.#options;
    if (!isTurn() || (isBusy() && nowMs < this.#lastMs + PACE_MS)) return undefined;
    this.#comeBack(nowMs);
    const batch = this.slot.ready[0];
    if (batch !== undefined) this.#lastMs = nowMs;
    else if (!this.#isTaking && this.#aside.length < MAX_ASIDE && deadLetters.replayable(sink) > 0)
      void this.#take();
    return batch;
  }

  /**
   * The sink took none of these letters: whether it is them that it does not take, for since the last time it took new
   * lines. `delivered` counts those.
   */
  isAtFault(delivered: number): boolean {
    const isTaking = delivered > this.#deliveredBefore;
    this.#deliveredBefore = delivered;
    return isTaking;
  }

  /** The sink takes nothing: these letters go again with all others. */
  putBack(batch: LaneBatch): void {
    this.#pausedUntilMs = 0;
    if (batch.isPiece) this.slot.ready.unshift(batch);
    else batch.release();
  }

  /** The sink works and did not take these letters: they go again after this time on the monotonic clock. */
  putAside(batch: LaneBatch, untilMs: number): void {
    if (this.#options.keepsOrder()) {
      this.putBack(batch);
      this.#pausedUntilMs = untilMs;
    } else this.#aside.push({ batch, untilMs });
  }

  /** Another sink takes letters from now on: it is not to wait for what the old one said. */
  resume(): void {
    this.#pausedUntilMs = 0;
    this.#comeBack(Number.POSITIVE_INFINITY);
  }

  /** No more letters are sent; those at hand stay on disk. */
  stop(): void {
    this.#isStopped = true;
    this.#comeBack(Number.POSITIVE_INFINITY);
    for (const batch of this.slot.ready.splice(0)) batch.release();
  }

  /** What waits aside and whose time has come goes before other letters. */
  #comeBack(nowMs: number): void {
    if (this.#aside.length === 0) return;
    const { due = [], waiting = [] } = Object.groupBy(this.#aside, ({ untilMs }) =>
      untilMs <= nowMs ? 'due' : 'waiting',
    );
    this.slot.ready.unshift(...due.map(({ batch }) => batch));
    this.#aside = waiting;
  }

  async #take(): Promise<void> {
    const { deadLetters, sink, limits, clock, onReady, onFatal, wakeAt } = this.#options;
    this.#isTaking = true;
    const chunks = await deadLetters.take(sink, limits()).catch(onFatal);
    this.#isTaking = false;
    if (chunks === undefined || this.#isStopped) return release(chunks ?? []);
    if (chunks.length === 0) return wakeAt(clock.monotonicMs() + TAKE_AGAIN_MS);
    this.slot.ready.push(new LaneBatch(0, chunks.map(letterPart), { isReplay: true }));
    onReady();
  }
}

function release(chunks: readonly Chunk[]): void {
  for (const chunk of chunks) chunk.release();
}

function letterPart(chunk: Chunk): LanePart {
  const { origin, position, stream, bytes, spans, base, times, records } = chunk;
  chunk.receipt.expect(1);
  const place = { from: 0, to: records, delivery: new Delivery(chunk), lender: chunk };
  return { origin, position, stream, labels: stream.labels, bytes, spans, base, times, ...place };
}
