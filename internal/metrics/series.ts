import { invariant } from '../../pkg/errors/errors.ts';
import type { Counter, Gauge, Histogram, Labels } from './metrics.ts';

/** One line of a scrape, as prom-client's registry takes it; `metricName` where it is not that of the family. */
export interface Sample {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  readonly metricName?: string;
}

/** One child of a metric: its label values are fixed, so that using it costs an addition. */
export interface Series {
  readonly labels: Labels;
  /** The number of a counter or gauge; how many values a histogram has seen. */
  readonly value: number;
  samples(name: string): Sample[];
}

class ScalarSeries implements Series {
  readonly labels: Labels;
  protected current = 0;

  constructor(labels: Labels) {
    this.labels = labels;
  }

  get value(): number {
    return this.current;
  }

  samples(): Sample[] {
    return [{ labels: this.labels, value: this.current }];
  }
}

export class CounterSeries extends ScalarSeries implements Counter {
  inc(count = 1): void {
    invariant(count >= 0 && count < Number.POSITIVE_INFINITY, 'a counter only grows, by a finite number');
    this.current += count;
  }
}

export class GaugeSeries extends ScalarSeries implements Gauge {
  set(value: number): void {
    invariant(Number.isFinite(value), 'a gauge holds a finite number');
    this.current = value;
  }
}

/** What `/api/v1/status` tells of a histogram; in the unit of the metric. */
export interface Summary {
  readonly count: number;
  readonly average: number;
  readonly max: number;
  /** Interpolated within its bucket, as PromQL's `histogram_quantile` does; never above `max`. */
  readonly p95: number;
}

export class HistogramSeries implements Series, Histogram {
  readonly labels: Labels;
  readonly #bounds: readonly number[];
  /** One count a bucket, not cumulative; the last is for what is above all bounds. */
  readonly #counts: Float64Array;
  #count = 0;
  #sum = 0;
  #max = 0;

  constructor(labels: Labels, bounds: readonly number[]) {
    this.labels = labels;
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  get value(): number {
    return this.#count;
  }

  /** A negative value, from a wall clock that was set back, counts as 0. */
  observe(observed: number): void {
    const value = Math.max(0, observed);
    invariant(value < Number.POSITIVE_INFINITY, 'a histogram takes finite numbers');
    let bucket = 0;
    while (bucket < this.#bounds.length && value > this.#bounds[bucket]!) bucket++;
    this.#counts[bucket]!++;
    this.#count++;
    this.#sum += value;
    if (value > this.#max) this.#max = value;
  }

  summary(): Summary {
    const average = this.#count === 0 ? 0 : this.#sum / this.#count;
    return { count: this.#count, average, max: this.#max, p95: this.#quantile(0.95) };
  }

  samples(name: string): Sample[] {
    const samples: Sample[] = [];
    let cumulative = 0;
    for (let i = 0; i < this.#bounds.length; i++) {
      cumulative += this.#counts[i]!;
      samples.push(this.#bucketSample(name, this.#bounds[i]!, cumulative));
    }
    samples.push(this.#bucketSample(name, '+Inf', this.#count));
    samples.push({ metricName: `${name}_sum`, labels: this.labels, value: this.#sum });
    samples.push({ metricName: `${name}_count`, labels: this.labels, value: this.#count });
    return samples;
  }

  #bucketSample(name: string, le: number | string, value: number): Sample {
    return { metricName: `${name}_bucket`, labels: { ...this.labels, le }, value };
  }

  #quantile(q: number): number {
    const rank = q * this.#count;
    let below = 0;
    for (let i = 0; i < this.#bounds.length; i++) {
      const inBucket = this.#counts[i]!;
      if (inBucket > 0 && below + inBucket >= rank) {
        const lower = i === 0 ? 0 : this.#bounds[i - 1]!;
        const upper = Math.min(this.#bounds[i]!, this.#max);
        return lower + ((upper - lower) * (rank - below)) / inBucket;
      }
      below += inBucket;
    }
    return this.#max;
  }
}
