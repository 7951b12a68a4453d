import { WaitingLine } from './waiting-line.ts';

/** Lets callers in one at a time, in the order in which they came. */
export class Turns {
  readonly #line = new WaitingLine();
  #isTaken = false;

  /** Whether nobody is in and nobody waits. */
  get isFree(): boolean {
    return !this.#isTaken;
  }

  /** Does `work` when all earlier work has ended, however it ended; does nothing when one of `signals` is aborted first. */
  async take(work: () => Promise<void>, ...signals: readonly AbortSignal[]): Promise<void> {
    if (!this.#isTaken) this.#isTaken = true;
    else if (!(await this.#line.wait(signals))) return;
    try {
      if (!signals.some(({ aborted }) => aborted)) await work();
    } finally {
      this.#isTaken = this.#line.next();
    }
  }
}
