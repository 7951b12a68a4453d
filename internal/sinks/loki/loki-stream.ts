import type { Part } from '../../../pkg/types/batch.ts';
import type { Failure } from '../../../pkg/types/outcome.ts';
import { type Instant, plusNanos } from '../../../pkg/types/stream.ts';
import { metadataFields } from './encode-metadata.ts';
import type { Loudness } from './loudness.ts';
import type { MergedStreamTimes } from './merged-times.ts';
import { jsonText, type Label, selectorText } from './push-labels.ts';
import type { Usage } from './stream-guard.ts';

/** Loki gives up a stream that was idle for 30 minutes by default; what it took less long ago it still has. */
const KNOWN_MS = 20 * 60_000;

/** What is worked out of a stream's labels. */
export interface StreamParts {
  readonly labels: readonly Label[];
  /** Labels that every entry carries as structured metadata. */
  readonly metadata: readonly Label[];
  readonly tenant: string;
  /** Why nothing of it can be sent, if so. */
  readonly refusal: Failure | undefined;
  /** The times of its entries, where Loki sees it as one with other streams. */
  readonly mergedTimes: MergedStreamTimes | undefined;
  readonly usage: Usage;
  readonly loudness: Loudness;
}

interface KeptOut {
  readonly failure: Failure;
  readonly untilMs: number;
}

const NOTHING = Buffer.alloc(0);

/** A stream as Loki gets to see it, made once for each of ours. */
export class LokiStream {
  readonly labels: readonly Label[];
  readonly tenant: string;
  readonly refusal: Failure | undefined;
  /** `{a="b", c="d"}`, as protobuf pushes carry it. */
  readonly selector: Buffer;
  /** `{"a":"b","c":"d"}`, as JSON pushes carry it. */
  readonly json: Buffer;
  /** The fields of an entry that hold its metadata, in protobuf. */
  readonly metadata: Buffer;
  /** What follows the line of an entry in JSON, from its closing quote. */
  readonly jsonTail: Buffer;
  readonly usage: Usage;
  readonly loudness: Loudness;
  readonly #mergedTimes: MergedStreamTimes | undefined;
  #takenAtMs = Number.NEGATIVE_INFINITY;
  #keptOut: KeptOut | undefined;

  constructor({ labels, metadata, tenant, refusal, mergedTimes, usage, loudness }: StreamParts) {
    this.labels = labels;
    this.tenant = tenant;
    this.refusal = refusal;
    this.usage = usage;
    this.loudness = loudness;
    this.#mergedTimes = mergedTimes;
    this.selector = Buffer.from(selectorText(labels));
    this.json = Buffer.from(jsonText(labels));
    this.metadata = metadata.length === 0 ? NOTHING : metadataFields(metadata);
    this.jsonTail = Buffer.from(metadata.length === 0 ? '"],' : `",${jsonText(metadata)}],`);
  }

  /** The time that the base of a part stands for at Loki. */
  timeOf({ base, from, to, times }: Part): Instant {
    if (this.#mergedTimes === undefined || times !== undefined) return base;
    return plusNanos(base, this.#mergedTimes.shiftOf(plusNanos(base, from), to - from));
  }

  /** Whether Loki took lines of it lately, so that the limit of streams does not concern it. */
  isKnown(nowMs: number): boolean {
    return nowMs - this.#takenAtMs < KNOWN_MS;
  }

  taken(nowMs: number): void {
    this.#takenAtMs = nowMs;
  }

  /** Loki says that it does not have it any more. */
  forgotten(): void {
    this.#takenAtMs = Number.NEGATIVE_INFINITY;
  }

  /** The limit of streams keeps it out: it is not worth asking again before `untilMs`. */
  keepOut(failure: Failure, untilMs: number): void {
    this.#keptOut = { failure, untilMs };
  }

  /** Why it is kept out at the moment, if it is. */
  keptOut(nowMs: number): KeptOut | undefined {
    return this.#keptOut !== undefined && nowMs < this.#keptOut.untilMs ? this.#keptOut : undefined;
  }
}
