/** How many lines were delivered within so many seconds, cumulative, as `/metrics` says. */
export type Latencies = readonly { readonly le: number; readonly count: number }[];

/** The delivery latencies of one sink in the body of a scrape: read to acknowledged. */
export function latenciesIn(metrics: string, sink: string): Latencies {
  return [...metrics.matchAll(/^log_capturer_delivery_latency_seconds_bucket\{(.*)\} (\d+)$/gm)]
    .filter(([, labels]) => labels!.includes(`sink="${sink}"`))
    .map(([, labels, count]) => ({
      le: Number(/le="([^"]+)"/.exec(labels!)![1]!.replace('+Inf', 'Infinity')),
      count: Number(count),
    }))
    .sort((a, b) => a.le - b.le);
}

/** What came between two scrapes. */
export function latenciesSince(before: Latencies, after: Latencies): Latencies {
  return after.map(({ le, count }, index) => ({ le, count: count - (before[index]?.count ?? 0) }));
}

/** A quantile in milliseconds; within its bucket as Prometheus' `histogram_quantile` has it. */
export function quantileMs(latencies: Latencies, quantile: number): number {
  const wanted = quantile * (latencies.at(-1)?.count ?? 0);
  const index = latencies.findIndex(({ count }) => count >= wanted);
  const { le, count } = latencies[index]!;
  const { le: from, count: below } = latencies[index - 1] ?? { le: 0, count: 0 };
  if (!Number.isFinite(le)) return 1000 * from;
  return 1000 * (from + ((le - from) * (wanted - below)) / (count - below));
}
