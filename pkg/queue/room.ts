import type { Weight } from './message.ts';

/** How urgent a publisher is among those who wait. */
export interface Urgency {
  /** Whoever has the highest is next. */
  readonly rank: number;
  /** Leaves so much room to others that are more urgent, and may come at any time. */
  readonly spare: Weight;
}

interface Waiter {
  readonly weight: Weight;
  readonly urgency: Urgency;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** As urgent as all are that say nothing of it. */
export const ORDINARY: Urgency = { rank: 0, spare: { records: 0, bytes: 0 } };
/** Each so many turns belong to whoever has waited longest, however urgent he is: nobody starves. */
const FAIR_TURN = 4;

/**
 * The line of publishers that wait for room: the most urgent first, equals as they came, one at a time, so that no big
 * message starves behind small ones and nobody is woken in vain.
 *
 * Who is told that there is room holds a promise of it until the end of the current turn of the event loop: all
 * others are refused in the meantime. A publisher that changed its mind thus blocks nobody.
 */
export class Room {
  readonly #fits: (weight: Weight) => boolean;
  /** In order of arrival. */
  readonly #waiters: Waiter[] = [];
  #promise: NodeJS.Immediate | undefined;
  #turns = 0;

  constructor(fits: (weight: Weight) => boolean) {
    this.#fits = fits;
  }

  /** Publishers that wait. */
  get waiting(): number {
    return this.#waiters.length;
  }

  /** Whether someone waits or was promised room: then nobody else may have it. */
  get isTaken(): boolean {
    return this.#promise !== undefined || this.#waiters.length > 0;
  }

  /** Gets in line. Resolves when there is room for `weight`. */
  wait(weight: Weight, urgency: Urgency): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ weight, urgency, resolve, reject });
      this.offer();
    });
  }

  /** Takes the room that was promised; says whether there was a promise. */
  redeem(): boolean {
    if (this.#promise === undefined) return false;
    clearImmediate(this.#promise);
    this.#promise = undefined;
    return true;
  }

  /** Tells who is next in line, when there is room for it now. Called whenever there may be. */
  offer(): void {
    if (this.#waiters.length === 0 || this.#promise !== undefined) return;
    const isFair = this.#turns % FAIR_TURN === FAIR_TURN - 1;
    const next = isFair ? 0 : this.#mostUrgent();
    const { weight, urgency, resolve } = this.#waiters[next]!;
    if (!this.#fits(isFair ? weight : withSpare(weight, urgency))) return;
    this.#waiters.splice(next, 1);
    this.#turns++;
    this.#promise = setImmediate(() => {
      this.#promise = undefined;
      this.offer();
    });
    resolve();
  }

  /** Sends everyone away. */
  close(error: Error): void {
    this.redeem();
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
  }

  #mostUrgent(): number {
    let next = 0;
    for (const [n, { urgency }] of this.#waiters.entries()) {
      if (urgency.rank > this.#waiters[next]!.urgency.rank) next = n;
    }
    return next;
  }
}

/** What has to fit before a publisher of this urgency comes in without a turn of its own. */
export function withSpare({ records, bytes }: Weight, { spare }: Urgency): Weight {
  return { records: records + spare.records, bytes: bytes + spare.bytes };
}
