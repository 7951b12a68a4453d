/** Lets callers in one at a time, in the order in which they came. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** Whether nobody is in and nobody waits. */
  get isFree(): boolean {
    return this.#waiting === 0;
  }

  /** Does `work` when all earlier work has ended, however it ended. */
  take<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting++;
    const turn = this.#last.then(work).finally(() => this.#waiting--);
    // Its caller is told of a failure; the next one does not care.
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
