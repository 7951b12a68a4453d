import assert from 'node:assert/strict';
import type { CollectingPublisher } from './collecting-publisher.ts';

/** What agents sent that read the same files one after the other. Their lines are numbers. */
export class SentLines {
  /** Whether lines of a file must come one after the other. */
  readonly #isOrdered: boolean;
  /** Lines that a sink has taken from agents that are dead. */
  readonly #taken = new Set<string>();
  /** How each was sent, by its text. */
  readonly #sent = new Map<string, string>();
  /** The last line of each file. */
  readonly #lastOf = new Map<string, number>();

  constructor(isOrdered: boolean) {
    this.#isOrdered = isOrdered;
  }

  /** Lines that were sent by agents that are dead. */
  get size(): number {
    return this.#sent.size;
  }

  /** Lines that were taken before, or sent by the agent that runs: what was under way has to be sent again. */
  arrived({ lines }: CollectingPublisher): number {
    return new Set([...this.#taken, ...lines]).size;
  }

  /**
   * What an agent sent until it died. No line twice, and none that was taken before; what comes again after a kill is the
   * same to the nanosecond; nothing overtook.
   */
  add({ records, settledRecords }: CollectingPublisher): void {
    const seen = new Set<string>();
    for (const { text, time, labels } of records) {
      assert.ok(!seen.has(text), `line ${text} was sent twice`);
      assert.ok(!this.#taken.has(text), `line ${text} was taken before, and sent again`);
      seen.add(text);
      const sent = `${labels.filename} ${time.sec}.${time.nanos}`;
      const before = this.#sent.get(text);
      assert.equal(before ?? sent, sent, `line ${text} was sent again, and differently`);
      if (before !== undefined) continue;
      this.#sent.set(text, sent);
      const last = this.#lastOf.get(labels.filename!) ?? -1;
      assert.ok(!this.#isOrdered || Number(text) > last, `line ${text} came late`);
      this.#lastOf.set(labels.filename!, Number(text));
    }
    for (const { text } of records.slice(0, settledRecords)) this.#taken.add(text);
  }
}
