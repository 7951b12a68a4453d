import type { Part } from '../../../pkg/types/batch.ts';
import type { Failure } from '../../../pkg/types/outcome.ts';
import type { Stream } from '../../../pkg/types/stream.ts';
import type { Counter, Metrics } from '../../metrics/metrics.ts';
import type { Logger } from '../../selflog/logger.ts';
import { LabelTemplate } from '../label-template.ts';
import { limitLabels } from './label-limits.ts';
import { LokiStream } from './loki-stream.ts';
import { Loudness, StreamRate } from './loudness.ts';
import { MergedStreamTimes, MergedTimes } from './merged-times.ts';
import { type Label, labelName, pushLabels, sortedLabels } from './push-labels.ts';
import type { LokiSinkConfig } from './spec.ts';
import { StreamGuard } from './stream-guard.ts';
import { tenantProblem } from './tenant.ts';

/** How a sink tells Loki of streams: keys of its config. */
export type LokiStreamsOptions = Pick<
  LokiSinkConfig,
  | 'labels'
  | 'tenant'
  | 'structuredMetadata'
  | 'maxStreams'
  | 'maxStreamRate'
  | 'maxLabelNames'
  | 'maxLabelNameBytes'
  | 'maxLabelValueBytes'
  | 'onBadLabels'
>;

export interface LokiStreamsDeps {
  readonly sink: string;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** Remembers what Loki is told of streams for as long as the streams live. */
export class LokiStreams {
  readonly #options: LokiStreamsOptions;
  readonly #tenant: LabelTemplate;
  readonly #metadataNames: ReadonlySet<string>;
  readonly #guard: StreamGuard | undefined;
  readonly #mergedTimes = new MergedTimes();
  readonly #rate: StreamRate;
  /** Streams of ours that Loki sees as one are as loud as all of them together. */
  readonly #mergedLoudness: Loudness;
  readonly #known = new WeakMap<Stream, LokiStream>();
  readonly #adjusted: (what: string) => Counter;

  constructor(options: LokiStreamsOptions, { sink, metrics, logger }: LokiStreamsDeps) {
    this.#options = options;
    this.#rate = new StreamRate(options.maxStreamRate);
    this.#mergedLoudness = new Loudness(this.#rate);
    this.#tenant = new LabelTemplate(options.tenant);
    this.#metadataNames = new Set(options.structuredMetadata.map(labelName));
    this.#guard = options.maxStreams === 0 ? undefined : new StreamGuard(options.maxStreams, logger);
    this.#adjusted = what => metrics.counter('sink_adjusted_total', { sink, what });
  }

  /** What Loki is told of the stream of `part`. */
  of({ stream, origin }: Part, nowMs: number): LokiStream {
    let known = this.#known.get(stream);
    if (known === undefined) {
      known = this.#make(stream, origin.source, nowMs);
      this.#known.set(stream, known);
    }
    known.usage.usedAtMs = nowMs;
    return known;
  }

  #make(stream: Stream, source: string, nowMs: number): LokiStream {
    const all = pushLabels(stream.labels, this.#options.labels);
    if (![...stream.labels.toMap().keys()].every(name => labelName(name) === name))
      this.#adjusted('label_name_repaired').inc();
    const chosen = all.filter(([name]) => this.#metadataNames.has(name));
    const { labels, surplus, refusal } = this.#limited(
      all.filter(([name]) => !this.#metadataNames.has(name)),
    );
    const admitted = refusal === undefined ? this.#guard?.admit(labels, source, nowMs) : undefined;
    const metadata = sortedLabels([...chosen, ...surplus, ...(admitted?.demoted ?? [])]);
    const named = new Map(all);
    const tenant = this.#tenant.fill(named);
    return new LokiStream({
      labels: admitted?.labels ?? labels,
      ...{ metadata, tenant },
      refusal: this.#tenantRefusal(tenant, this.#tenant.missing(named)) ?? refusal,
      mergedTimes: metadata.length === 0 ? undefined : new MergedStreamTimes(this.#mergedTimes),
      usage: admitted?.usage ?? { usedAtMs: nowMs },
      loudness: metadata.length === 0 ? new Loudness(this.#rate) : this.#mergedLoudness,
    });
  }

  #limited(all: readonly Label[]): {
    labels: readonly Label[];
    surplus: readonly Label[];
    refusal?: Failure;
  } {
    const {
      maxLabelNames: names,
      maxLabelNameBytes: nameBytes,
      maxLabelValueBytes: valueBytes,
    } = this.#options;
    const { labels, surplus, excesses } = limitLabels(all, { names, nameBytes, valueBytes });
    const [first] = excesses;
    if (first !== undefined && this.#options.onBadLabels === 'dlq')
      return { labels: all, surplus: [], refusal: { kind: 'rejected', message: first.words } };
    for (const { what } of excesses) this.#adjusted(what).inc();
    return { labels, surplus };
  }

  #tenantRefusal(tenant: string, missing: string | undefined): Failure | undefined {
    if (this.#tenant.isFixed) return undefined;
    const problem = missing === undefined ? tenantProblem(tenant) : `needs the label ${missing}`;
    if (problem === undefined) return undefined;
    return { kind: 'rejected', message: `the tenant ${this.#tenant.text} ${problem}` };
  }
}
