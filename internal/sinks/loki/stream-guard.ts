import type { Logger } from '../../selflog/logger.ts';
import { type Label, selectorText } from './push-labels.ts';

/** A stream that was not sent for so long is not counted any more: Loki has given it up by then. */
const IDLE_MS = 3_600_000;
const TOP_VALUES = 3;
/** Where so many labels have too many values, the names themselves vary: then none is left. */
const MAX_DEMOTED = 64;

/** When a stream was sent last; kept up to date by its owner. */
export interface Usage {
  usedAtMs: number;
}

/** Labels of a stream as the guard lets them through. */
export interface Admitted {
  readonly labels: readonly Label[];
  /** Labels that became metadata, because they have too many values. */
  readonly demoted: readonly Label[];
  readonly usage: Usage;
}

interface Known {
  readonly labels: readonly Label[];
  readonly source: string;
  readonly usage: Usage;
}

/**
 * Keeps a sink from making more than `max` streams. Before there are too many, the label with the most values is
 * demoted to structured metadata for all streams that come from then on; those that are there stay as they are, so
 * that what is sent again is the same. Each demotion leaves room for the streams that it makes out of many.
 */
export class StreamGuard {
  readonly #max: number;
  readonly #logger: Logger;
  readonly #known = new Map<string, Known>();
  readonly #demoted = new Set<string>();

  constructor(max: number, logger: Logger) {
    this.#max = max;
    this.#logger = logger;
  }

  /** Lets a stream that is new to the sink through. */
  admit(labels: readonly Label[], source: string, nowMs: number): Admitted {
    for (;;) {
      const isDemoted = ([name]: Label): boolean =>
        this.#demoted.size >= MAX_DEMOTED || this.#demoted.has(name);
      const kept = labels.filter(label => !isDemoted(label));
      const demoted = labels.filter(isDemoted);
      const text = selectorText(kept);
      const known = this.#known.get(text);
      if (known !== undefined) return { labels: kept, demoted, usage: known.usage };
      if (kept.length === 0 || this.#hasRoom(nowMs)) {
        const usage = { usedAtMs: nowMs };
        this.#known.set(text, { labels: kept, source, usage });
        return { labels: kept, demoted, usage };
      }
      this.#demote(kept, source);
    }
  }

  /** A tenth of the room is left for the first demotion, a hundredth for the second, one stream for that without labels. */
  #hasRoom(nowMs: number): boolean {
    const bound = this.#max - Math.max(1, Math.floor(this.#max / 10 ** (this.#demoted.size + 1)));
    if (this.#known.size >= bound) this.#forgetIdle(nowMs);
    return this.#known.size < bound;
  }

  #forgetIdle(nowMs: number): void {
    for (const [text, { usage }] of this.#known)
      if (nowMs - usage.usedAtMs > IDLE_MS) this.#known.delete(text);
  }

  /** Demotes that label of `labels` which has the most values among all streams. */
  #demote(labels: readonly Label[], source: string): void {
    const counts = new Map(labels.map(([name, value]) => [name, new Map([[value, 1]])]));
    for (const known of this.#known.values())
      for (const [name, value] of known.labels) {
        const values = counts.get(name);
        values?.set(value, (values.get(value) ?? 0) + 1);
      }
    const [worst] = [...counts].sort(([, a], [, b]) => b.size - a.size);
    const [label, values] = worst!;
    this.#demoted.add(label);
    const top = [...values].sort(([, a], [, b]) => b - a).slice(0, TOP_VALUES);
    this.#logger.warn(
      'loki.max_streams',
      'too many streams: a label became structured metadata of the streams that come from now on',
      {
        ...{ label, source, max_streams: this.#max, streams: this.#known.size, values: values.size },
        top_values: Object.fromEntries(
          top.map(([value, streams]) => [value.slice(0, 128).toWellFormed(), streams]),
        ),
      },
    );
  }
}
