import { DELIVERED, type Failure, type Outcome, type Refusal } from '../../pkg/types/outcome.ts';

interface Waiting {
  readonly failure: Failure;
  readonly afterMs: number;
  /** Whether the sink failed as a whole: nothing says that it works. */
  readonly isOutage: boolean;
}

/** What became of the records of one batch while it was sent. Records that nothing was said of are stored. */
export class Findings {
  readonly #isDecided: Uint8Array;
  readonly #refused = new Map<string, { failure: Failure; records: number[] }>();
  readonly #waiting: number[] = [];
  #why: Waiting | undefined;

  /** `records`: how many there are. */
  constructor(records: number) {
    this.#isDecided = new Uint8Array(records);
  }

  /** Whether it is known that a record is refused or waits. */
  isDecided(record: number): boolean {
    return this.#isDecided[record] === 1;
  }

  /** These will never be taken. Returns how many of them were not decided before. */
  refuse(records: Iterable<number>, failure: Failure): number {
    const fresh = this.#fresh(records);
    if (fresh.length === 0) return 0;
    const key = `${failure.kind} ${failure.message}`;
    const known = this.#refused.get(key);
    if (known === undefined) this.#refused.set(key, { failure, records: fresh });
    else for (const record of fresh) known.records.push(record);
    return fresh.length;
  }

  /** These are to be sent again, not before `afterMs`; where they differ, the longest wait and the latest reason count. */
  wait(records: Iterable<number>, failure: Failure, afterMs: number, isOutage: boolean): number {
    const fresh = this.#fresh(records);
    if (fresh.length === 0) return 0;
    for (const record of fresh) this.#waiting.push(record);
    const longestMs = Math.max(afterMs, this.#why?.afterMs ?? 0);
    this.#why = { failure, afterMs: longestMs, isOutage: isOutage && (this.#why?.isOutage ?? true) };
    return fresh.length;
  }

  outcome(): Outcome {
    const refusals = Array.from(
      this.#refused.values(),
      ({ failure, records }): Refusal => ({ ...failure, records: ascending(records) }),
    );
    const why = this.#why;
    if (why === undefined) return refusals.length === 0 ? DELIVERED : { kind: 'rejected', refusals };
    const { failure, isOutage } = why;
    const after = why.afterMs > 0 ? { afterMs: why.afterMs } : {};
    const records = ascending(this.#waiting);
    if (refusals.length > 0) return { kind: 'rejected', refusals, rest: { failure, records, ...after } };
    const isAll = isOutage && records.length === this.#isDecided.length;
    return { kind: 'retry', failure, ...after, ...(isAll ? {} : { rest: records }) };
  }

  #fresh(records: Iterable<number>): number[] {
    const fresh: number[] = [];
    for (const record of records) {
      if (this.#isDecided[record] === 1) continue;
      this.#isDecided[record] = 1;
      fresh.push(record);
    }
    return fresh;
  }
}

function ascending(records: readonly number[]): Uint32Array {
  return Uint32Array.from(records).sort();
}
