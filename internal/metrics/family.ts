import { invariant } from '../../pkg/errors/errors.ts';
import type { Labels } from './metrics.ts';
import { CounterSeries, GaugeSeries, HistogramSeries, type Sample, type Series } from './series.ts';
import { exportedName, type MetricSpec } from './table.ts';

/** A metric with all its children, in the shape that prom-client's registry collects. */
export class Family {
  readonly name: string;
  readonly help: string;
  readonly type: MetricSpec['type'];
  readonly #spec: MetricSpec;
  readonly #children = new Map<string, Series>();

  constructor(name: string, spec: MetricSpec) {
    this.name = exportedName(name);
    this.help = spec.help;
    this.type = spec.type;
    this.#spec = spec;
  }

  /** The child with exactly these labels, made at its first call. */
  child(labels: Labels): Series {
    const key = this.#key(labels);
    const known = this.#children.get(key);
    if (known !== undefined) return known;
    const series = this.#make({ ...labels });
    this.#children.set(key, series);
    return series;
  }

  /** The child with exactly these labels, if somebody has made it. */
  find(labels: Labels): Series | undefined {
    return this.#children.get(this.#key(labels));
  }

  /** Every child whose labels contain `labels`. */
  matching(labels: Labels): Series[] {
    const wanted = Object.entries(labels);
    return [...this.#children.values()].filter(series =>
      wanted.every(([name, value]) => series.labels[name] === value),
    );
  }

  /** Drops every child whose labels contain `labels`; what still counts in it is heard by nobody. */
  forget(labels: Labels): void {
    for (const series of this.matching(labels)) this.#children.delete(this.#key(series.labels));
  }

  /** Its values at this instant. */
  async get(): Promise<{ name: string; help: string; type: string; values: Sample[] }> {
    const values = [...this.#children.values()].flatMap(series => series.samples(this.name));
    return { name: this.name, help: this.help, type: this.type, values };
  }

  #make(labels: Labels): Series {
    if (this.type === 'counter') return new CounterSeries(labels);
    if (this.type === 'gauge') return new GaugeSeries(labels);
    return new HistogramSeries(labels, this.#spec.buckets ?? []);
  }

  #key(labels: Labels): string {
    const names = this.#spec.labels;
    const values = names.map(name => labels[name]);
    const fits = Object.keys(labels).length === names.length && !values.includes(undefined);
    invariant(
      fits,
      `metric ${this.name} has the labels [${names.join()}], not [${Object.keys(labels).join()}]`,
    );
    return JSON.stringify(values);
  }
}
