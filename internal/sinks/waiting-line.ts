/** Callers that wait for their turn, in the order in which they came. */
export class WaitingLine {
  readonly #entries: (() => void)[] = [];

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** Resolves with true when it is the caller's turn; with false as soon as one of `signals` is aborted. */
  wait(signals: readonly AbortSignal[]): Promise<boolean> {
    if (signals.some(({ aborted }) => aborted)) return Promise.resolve(false);
    return new Promise(resolve => {
      const settle = (isTurn: boolean): void => {
        for (const signal of signals) signal.removeEventListener('abort', onAbort);
        resolve(isTurn);
      };
      const onTurn = (): void => settle(true);
      const onAbort = (): void => {
        this.#entries.splice(this.#entries.indexOf(onTurn), 1);
        settle(false);
      };
      for (const signal of signals) signal.addEventListener('abort', onAbort);
      this.#entries.push(onTurn);
    });
  }

  /** Gives the turn to whoever came first; false when nobody waits. */
  next(): boolean {
    const onTurn = this.#entries.shift();
    onTurn?.();
    return onTurn !== undefined;
  }
}
