/**
 * Metrics as the rooms see them. A room asks once for its children (`counter(name, labels)`), keeps them, and
 * calls them once a chunk or a batch: the hot path never looks a label up.
 */
export interface Counter {
  inc(count?: number): void;
}

export interface Gauge {
  set(value: number): void;
}

export interface Histogram {
  observe(value: number): void;
}

export type Labels = Readonly<Record<string, string>>;

/** Names without the prefix `log_capturer_`; every name is in the table (`table.ts`). */
export interface Metrics {
  counter(name: string, labels?: Labels): Counter;
  gauge(name: string, labels?: Labels): Gauge;
  histogram(name: string, labels?: Labels): Histogram;
  /**
   * `collect` is called before each scrape, to set gauges that are cheaper to compute than to keep; the function that
   * is returned ends that.
   */
  onCollect(collect: () => void): () => void;
  /** Takes series of something that is no more out of the scrapes: those of these metrics that have these labels. */
  forget(names: readonly string[], labels: Labels): void;
}

/** Metrics that go nowhere, for tests of rooms that do not assert on them. */
export const silentMetrics: Metrics = {
  counter: () => ({ inc: () => undefined }),
  gauge: () => ({ set: () => undefined }),
  histogram: () => ({ observe: () => undefined }),
  onCollect: () => () => undefined,
  forget: () => undefined,
};
