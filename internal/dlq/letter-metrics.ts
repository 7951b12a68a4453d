import { LETTER_CAUSES } from '../../pkg/types/dead-letters.ts';
import type { Counter, Metrics } from '../metrics/metrics.ts';
import type { Tally } from './segment.ts';

type CounterName = 'stored' | 'replayed' | 'dropped';

/** The metrics of one sink's letters; a cause appears with its first letter. */
export class LetterMetrics {
  readonly #metrics: Metrics;
  readonly #sink: string;
  readonly #counters = new Map<string, Counter>();
  readonly #shown = new Set<number>();

  constructor(metrics: Metrics, sink: string) {
    this.#metrics = metrics;
    this.#sink = sink;
  }

  stored(cause: number, records: number): void {
    this.#count('stored', cause, records);
  }

  replayed(tally: Tally): void {
    for (const [cause, records] of tally.records.entries()) this.#count('replayed', cause, records);
  }

  dropped(tally: Tally): void {
    for (const [cause, records] of tally.records.entries()) this.#count('dropped', cause, records);
  }

  /** What is on disk now. */
  show(live: Tally): void {
    for (const [cause, records] of live.records.entries()) {
      if (records === 0 && !this.#shown.has(cause)) continue;
      this.#shown.add(cause);
      const labels = this.#labels(cause);
      this.#metrics.gauge('dlq_records', labels).set(records);
      this.#metrics.gauge('dlq_bytes', labels).set(live.bytes[cause]!);
    }
  }

  #count(name: CounterName, cause: number, records: number): void {
    if (records === 0) return;
    const key = `${name} ${cause}`;
    let counter = this.#counters.get(key);
    if (counter === undefined) {
      counter = this.#make(name, this.#labels(cause));
      this.#counters.set(key, counter);
    }
    counter.inc(records);
  }

  #make(name: CounterName, labels: Readonly<Record<string, string>>): Counter {
    if (name === 'stored') return this.#metrics.counter('dlq_stored_total', labels);
    if (name === 'replayed') return this.#metrics.counter('dlq_replayed_total', labels);
    return this.#metrics.counter('dlq_dropped_total', labels);
  }

  #labels(cause: number): Readonly<Record<string, string>> {
    return { sink: this.#sink, cause: LETTER_CAUSES[cause]! };
  }
}
