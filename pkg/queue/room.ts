import type { Weight } from './message.ts';

interface Waiter {
  readonly weight: Weight;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * The line of publishers that wait for room: first come, first served, one at a time, so that no big message
 * starves behind small ones and nobody is woken in vain.
 *
 * Who is told that there is room holds a promise of it until the end of the current turn of the event loop: all
 * others are refused in the meantime. A publisher that changed its mind thus blocks nobody.
 */
export class Room {
  readonly #fits: (weight: Weight) => boolean;
  readonly #waiters: Waiter[] = [];
  #promise: NodeJS.Immediate | undefined;

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
  wait(weight: Weight): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ weight, resolve, reject });
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

  /** Tells the first in line, when there is room for it now. Called whenever there may be. */
  offer(): void {
    const first = this.#waiters[0];
    if (first === undefined || this.#promise !== undefined || !this.#fits(first.weight)) return;
    this.#waiters.shift();
    this.#promise = setImmediate(() => {
      this.#promise = undefined;
      this.offer();
    });
    first.resolve();
  }

  /** Sends everyone away. */
  close(error: Error): void {
    this.redeem();
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
  }
}
